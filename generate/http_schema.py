"""mibs/understudy-api.json: the same OpenAPI document that every unit serves."""

import json

from agent.management.http.openapi import document
from agent.model.tables import TABLES


def http_schema() -> str:
    """The whole file."""
    return json.dumps(document(TABLES), indent=1, ensure_ascii=False) + "\n"
