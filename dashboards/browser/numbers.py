"""placeholder"""
def number_routes(settings):
    return []
