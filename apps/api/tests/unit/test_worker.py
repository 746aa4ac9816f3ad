"""What gunicorn refuses is a problem document as well."""

import pytest
from gunicorn.http import errors

from medassist_api.worker import refusal


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (414, errors.LimitRequestLine(5000, 4094)),
        (431, errors.LimitRequestHeaders("x")),
        (417, errors.ExpectationFailed("x")),
        (400, errors.InvalidRequestLine("p-secret")),
        (400, errors.InvalidHeaderName("p-secret")),
        (400, errors.InvalidChunkSize(b"p-secret")),
        (500, RuntimeError("p-secret")),
    ],
)
def test_refusals(status: int, error: Exception) -> None:
    problem = refusal(error)
    assert problem.status == status
    assert "secret" not in str(problem.document())
    assert status == 500 or problem.errors
