"""Which prompts correct what Claude did, by their words."""

import pytest

from cca.transcript.corrections import is_correction

CORRECTING = (
    "No, use the other table",
    "nope that is not the right file",
    "no. you renamed the wrong one",
    "That's not what I asked for",
    "that is incorrect, the limit is 20",
    "It doesn't work on Safari",
    "it\N{RIGHT SINGLE QUOTATION MARK}s still failing",
    "still the same error",
    "Same error: landing.html not found",
    "I still don't see the banner",
    "You forgot the migration",
    "you should have asked first",
    "why did you delete the test?",
    "I said staging, not production",
    "I didn't want the docs changed",
    "Wrong branch, this is for main",
    "stop. That is enough",
    "undo that",
    "revert all the changes please",
    "not working",
)
OTHER = (
    "Add a limit of 20 rows",
    "no, let's plan it first",
    "No licence is needed for that",
    "Now do the same for the cart",
    "this looks good, continue",
    "that works, thanks",
    "stop the server when you are done",
    "Wait for the deployment, then run the smoke test",
    "why is the build so slow?",
    "still not sure about the wording, tell me more",
    "You are a reviewer. Read the diff.",
    "Reverting sounds right, go on",
    "/clear",
    "",
)


@pytest.mark.parametrize("prompt", CORRECTING)
def test_a_correction_is_told_by_its_first_words(prompt: str) -> None:
    assert is_correction(prompt)
    assert is_correction(f"  {prompt.upper()}")


@pytest.mark.parametrize("prompt", OTHER)
def test_other_prompts_correct_nothing(prompt: str) -> None:
    assert not is_correction(prompt)


def test_what_a_pasted_log_says_is_no_correction() -> None:
    assert not is_correction("Explain this log:\n" + "line\n" * 100 + "it doesn't work")
