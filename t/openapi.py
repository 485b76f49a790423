"""The description of the JSON interface against the running server.

    python3 openapi.py URL [HEADERS] < VALUES

Asks the server at URL for its description and for everything that is described, and
prints lines of "0 TEXT" for what holds and "1 TEXT" for what does not. VALUES are JSON:
for each path the parameters that are worth asking for, and for each form its fields. Of
a parameter in the path itself a list is tried one by one. A
described path without values is asked for as it is. HEADERS (JSON) go along. Answers are held strictly against
their schema: a member that the description does not name is a fault of the description.
"""
import json
import sys
import urllib.error
import urllib.parse
import urllib.request

import jsonschema

url, values = sys.argv[1], json.load(sys.stdin)
headers = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}


def say(holds, text, why=""):
    print(0 if holds else 1, text)
    if not holds and why:
        print("#", str(why).replace("\n", " ")[:400])


def ask(path, form=None):
    """Status, type and body of an answer."""
    data = None if form is None else urllib.parse.urlencode(form).encode()
    try:
        question = urllib.request.Request(url + path, data, headers)
        with urllib.request.urlopen(question, timeout=60) as r:
            kind = r.headers.get_content_type()
            # Events have no end: the first one is enough.
            body = r.read() if kind != "text/event-stream" else b"".join(
                iter(r.readline, b"\n"))
            return r.status, kind, body
    except urllib.error.HTTPError as e:
        return e.code, e.headers.get_content_type(), e.read()


def close(schema):
    """Nothing but what is described."""
    if isinstance(schema, dict):
        if "properties" in schema and "additionalProperties" not in schema:
            schema["additionalProperties"] = False
        for part in schema.values():
            close(part)
    elif isinstance(schema, list):
        for part in schema:
            close(part)


def fits(schema, body):
    """None, or where BODY leaves SCHEMA."""
    whole = {**schema, "components": doc["components"]}
    try:
        answer = json.loads(body)
    except ValueError as e:
        return e
    error = jsonschema.exceptions.best_match(
        jsonschema.Draft202012Validator(whole).iter_errors(answer))
    return error and f"{list(error.absolute_path)}: {error.message}"


def resolve(part):
    while "$ref" in part:
        at = doc
        for name in part["$ref"][2:].split("/"):
            at = at[name]
        part = at
    return part


def judge(what, operation, answer):
    """Is ANSWER one that OPERATION describes?"""
    status, kind, body = answer
    described = operation["responses"].get(str(status))
    if described is None:
        return say(False, f"{what}: a described status", f"{status} {body[:200]}")
    content = resolve(described).get("content", {})
    if kind not in content:
        return say(False, f"{what}: a described type", kind)
    schema = content[kind]["schema"]
    why = None if schema == {"type": "string"} else fits(schema, body)
    say(why is None, f"{what}: {status}, as described", why)


def try_get(path, operation):
    known = {p["name"]: p for p in operation.get("parameters", [])}
    wanted = values.get(path, {})
    for name, p in known.items():
        if p["in"] == "path" and isinstance(wanted[name], list):
            for one in wanted[name]:
                values[path] = {**wanted, name: one}
                try_get(path, operation)
            return
    place = path
    for name, p in known.items():
        if p["in"] == "path":
            place = place.replace("{" + name + "}", str(wanted[name]))
    must = {n: wanted[n] for n, p in known.items()
            if p["in"] == "query" and p.get("required")}
    free = {n: v for n, v in wanted.items() if n in known and known[n]["in"] == "query"}

    def query(arguments):
        return place + ("?" + urllib.parse.urlencode(arguments) if arguments else "")

    for name in wanted:
        say(name in known, f"GET {path}: {name} is described")
    if not set(must) < set(free) or not free:
        judge(f"GET {query(must)}", operation, ask(query(must)))
    for name, all_of in free.items():
        for value in all_of if isinstance(all_of, list) else [all_of]:
            q = {**must, **(value if isinstance(value, dict) else {name: value})}
            judge(f"GET {query(q)}", operation, ask(query(q)))
    for name, p in known.items():
        if p["in"] != "query":
            continue
        if p["schema"].get("type") == "integer" or "enum" in p["schema"]:
            beside = wanted.get(name)
            beside = beside[0] if isinstance(beside, list) else beside
            beside = beside if isinstance(beside, dict) else {}
            answer = ask(query({**must, **beside, name: "wrong?"}))
            say(answer[0] == 400, f"GET {path}: a wrong {name} is refused", answer)
            judge(f"GET {path} with a wrong {name}", operation, answer)
    for name in must:
        answer = ask(query({n: v for n, v in must.items() if n != name}))
        say(answer[0] in (400, 404), f"GET {path}: {name} must be there", answer)
        judge(f"GET {path} without {name}", operation, answer)


def try_post(path, operation):
    wanted = values.get("POST " + path, {})
    if "requestBody" in operation:
        content = operation["requestBody"]["content"]
        schema = content["application/x-www-form-urlencoded"]["schema"]
        known, must = schema["properties"], schema.get("required", [])
    else:
        known = {p["name"]: p for p in operation.get("parameters", [])}
        must = [n for n, p in known.items() if p.get("required")]

    def post(arguments):
        if "requestBody" in operation:
            return ask(path, arguments)
        return ask(path + "?" + urllib.parse.urlencode(arguments), {})

    for name in wanted:
        say(name in known, f"POST {path}: {name} is described")
    for name in must:
        answer = post({n: v for n, v in wanted.items() if n != name})
        say(answer[0] in (400, 404), f"POST {path}: {name} must be there", answer)
        judge(f"POST {path} without {name}", operation, answer)
    judge(f"POST {path}", operation, post(wanted))


status, kind, body = ask("/api/v1/openapi.json")
say((status, kind) == (200, "application/json"), "there is a description", (status, kind))
doc = json.loads(body)
say(doc["openapi"].startswith("3.1."), "of OpenAPI 3.1")
for name, schema in doc["components"]["schemas"].items():
    jsonschema.Draft202012Validator.check_schema(schema)
close(doc["components"]["schemas"])
ids = [o["operationId"] for p in doc["paths"].values() for o in p.values()]
say(len(ids) == len(set(ids)), "every operation has an id of its own")
for path in values:
    say(path.removeprefix("POST ") in doc["paths"], f"{path} is described")
for path, operations in doc["paths"].items():
    if "get" in operations:
        try_get(path, operations["get"])
for path, operations in doc["paths"].items():
    if "post" in operations:
        try_post(path, operations["post"])
