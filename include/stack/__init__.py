"""The stack that cca runs itself: MongoDB, supervisor, readiness."""
