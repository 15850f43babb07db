"""Answers that Amazon gave, and how an answer of the simulated storage is held against them, field by field."""

import functools
import hashlib
import json
import pathlib
import re
from xml.etree import ElementTree

import pytest
from botocore.exceptions import ClientError

from recorded_scope import PENDING

FOLDER = pathlib.Path(__file__).parents[1] / "vectors/aws-recorded"
GROUPS = [
    group
    for file in ("answers.json", "buckets.json")
    for name, group in json.loads((FOLDER / file).read_text(encoding="utf-8")).items()
    if name != "_about"
]
SCENARIOS = {name: steps for group in GROUPS for name, steps in group.items()}
# All scenarios that some test replays: filled by `replays`, looked at by test_recorded_coverage.py.
REPLAYED = set()

# What the recordings kept of successful answers, and so what must be there or must not.
MEMBERS = (
    "BucketKeyEnabled",
    "ChecksumType",
    "CommonPrefixes",
    "DeleteMarker",
    "DeleteMarkers",
    "Deleted",
    "ETag",
    "Errors",
    "NextKeyMarker",
    "NextUploadIdMarker",
    "NextVersionIdMarker",
    "Policy",
    "PublicAccessBlockConfiguration",
    "SSECustomerAlgorithm",
    "SSECustomerKeyMD5",
    "SSEKMSKeyId",
    "ServerSideEncryption",
    "ServerSideEncryptionConfiguration",
    "Status",
    "TagCount",
    "TagSet",
    "UploadIdMarker",
    "Uploads",
    "VersionId",
    "Versions",
)
# A key's id that is well formed, and nobody's.
NOBODYS = "134f2428-cec1-4b25-a1ae-9048164dba47"
# What identifies one request, and is in no recording.
UNRECORDED = {"RequestId", "HostId"}
# Placeholders that stand for something else each time that they are met.
LOOSE = {"<partition>": "aws", "<string-to-sign>": ".+", "<canonical-request>": ".+"}


def refused(call, **arguments):
    """The error that a call of boto3 ends with."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value


def replays(scenario, *variants):
    """Marks a test as the replay of a scenario, or of one for each variant, which it is given as `variant`."""
    names = [f"{scenario}[{variant}]" for variant in variants] or [scenario]
    REPLAYED.update(names)

    def mark(test):
        @functools.wraps(test)
        def whole(*arguments, recording, **others):
            test(*arguments, recording=recording, **others)
            recording.is_done()

        values = [(*pair, name) for *pair, name in (zip(variants, names) if variants else zip(names))]
        cases = [pytest.param(*value, marks=pending(value[-1]), id=value[-1]) for value in values]
        return pytest.mark.parametrize(["variant", "scenario"] if variants else ["scenario"], cases)(whole)

    return mark


def pending(scenario):
    """A scenario that is known to differ has to differ, so that none stays in the list when it is put right."""
    reason = PENDING.get(scenario)
    return [pytest.mark.xfail(strict=True, reason=reason)] if reason else []


class Recording:
    """One scenario: answers are compared with its steps, and each step has to be seen."""

    def __init__(self, scenario):
        self.steps = dict(SCENARIOS[scenario])
        self.bound = {}

    def is_like(self, step, response, *, content=None):
        """A successful answer of boto3. `content` is what was written, where the recording does not tell what it wrote."""
        recorded = self.steps.pop(step)
        assert response["ResponseMetadata"]["HTTPStatusCode"] == recorded["status"], step
        for member in MEMBERS:
            expected, seen = recorded["members"].get(member), response.get(member)
            if member == "ETag" and expected is not None:
                self._etag(step, recorded["members"], seen, content)
            else:
                self._equal(f"{step}: {member}", expected, seen)

    def is_refused_like(self, step, answer, *, status=None):
        """A refusal: of boto3, or raw as `(status, document)`."""
        recorded = self.steps.pop(step)
        seen_status, seen = refusal(answer)
        assert seen_status == (recorded["status"] or status), (step, seen)
        expected = recorded["error"]
        assert set(seen) == set(expected), (step, seen, expected)
        for field, value in expected.items():
            self._equal(f"{step}: {field}", value, seen[field])

    def is_done(self):
        assert not self.steps, f"steps that were not replayed: {list(self.steps)}"

    def _etag(self, step, members, seen, content):
        """Under S3's own key it is the content's MD5, else new with each write: one recorded, one seen, of one shape."""
        expected = members["ETag"]
        if members.get("ServerSideEncryption") == "AES256" and "-" not in expected:
            assert seen == (expected if content is None else f'"{hashlib.md5(content).hexdigest()}"'), step
            return
        assert re.fullmatch(re.sub("[0-9a-f]{32}", "[0-9a-f]{32}", expected), seen), (step, expected, seen)
        assert self.bound.setdefault(("ETag", expected), seen) == seen, f"{step}: the ETag changed"

    def _equal(self, where, expected, seen):
        if isinstance(expected, dict):
            assert isinstance(seen, dict) and set(seen) == set(expected), (where, expected, seen)
            for name, value in expected.items():
                self._equal(f"{where}.{name}", value, seen[name])
        elif isinstance(expected, list):
            assert isinstance(seen, list) and len(seen) == len(expected), (where, expected, seen)
            for one, other in zip(expected, seen):
                self._equal(where, one, other)
        elif isinstance(expected, str):
            self._matches(where, expected, seen)
        else:
            assert seen == expected, (where, expected, seen)

    def _matches(self, where, expected, seen):
        """Equal texts, where placeholders stand for one thing throughout the scenario."""
        if expected == "date":
            expected, pattern, names = None, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", []
        else:
            pattern, names = self._pattern(expected)
        found = isinstance(seen, str) and re.fullmatch(pattern, seen, re.DOTALL)
        assert found, (where, expected, seen)
        for number, name in enumerate(names, start=1):
            value = found.group(number)
            assert self.bound.setdefault(name, value) == value, (where, name, value)

    def _pattern(self, expected):
        names, pattern = [], ""
        for piece in re.split(r"(<[A-Za-z_0-9-]+(?::\d+)?>|\b111111111111\b)", expected):
            if piece in LOOSE:
                pattern += LOOSE[piece]
            elif piece == "111111111111":
                pattern += r"\d{12}"
            elif piece.startswith("<"):
                names.append(piece)
                pattern += "(.+?)"
            else:
                pattern += re.escape(piece)
        return pattern, names


def refusal(answer):
    """The status of a refusal and the fields of its document."""
    if not isinstance(answer, tuple):
        fields = {name: value for name, value in answer.response["Error"].items() if name not in UNRECORDED}
        return answer.response["ResponseMetadata"]["HTTPStatusCode"], fields
    status, document = answer
    root = ElementTree.fromstring(document)
    assert root.tag == "Error", document
    return status, {child.tag: child.text for child in root if child.tag not in UNRECORDED}
