"""The table of errors and the shape in which they are answered."""

from __future__ import annotations

import pytest

from genba.errors import PROBLEMS, GenbaError


def test_every_row_is_complete() -> None:
    for code, problem in PROBLEMS.items():
        assert code == problem.code
        assert 400 <= problem.status < 600
        assert problem.title.endswith(".")
        assert problem.advice.endswith(".")


def test_an_error_is_answered_as_rfc_9457_says() -> None:
    body = GenbaError("session.full", "Four of four.").body()
    assert body == {
        "type": "urn:genba:error:session.full",
        "title": "All camera slots are taken.",
        "status": 409,
        "detail": "Four of four.",
        "code": "session.full",
        "advice": "End another camera first.",
    }


def test_without_a_detail_the_status_speaks() -> None:
    error = GenbaError("ticket.expired")
    assert (error.status, error.code) == (410, "ticket.expired")
    assert error.body()["detail"] == "Gone"
    assert "This link has expired." in str(error)


def test_an_unknown_code_is_a_fault_of_the_caller() -> None:
    with pytest.raises(KeyError):
        GenbaError("no.such.code")
