"""A client of SOAP that is not ours: does with zeep what it is told, a line of JSON each.

    client.py '{"wsdl": "http://…/soap?wsdl", "port": "SidetoneSoap11", "bearer": "…", "username": "…", "password": "…"}'
    {"call": "FindCustomer", "with": {"phone": "+14155550117"}}
"""

import json
import sys

import requests
import zeep
from zeep.helpers import serialize_object
from zeep.wsse.username import UsernameToken

told = json.loads(sys.argv[1])
session = requests.Session()
if "bearer" in told:
    session.headers["Authorization"] = "Bearer " + told["bearer"]
wsse = None
if "username" in told:
    wsse = UsernameToken(told["username"], told["password"], use_digest=told.get("digest", False))
client = zeep.Client(told["wsdl"], transport=zeep.Transport(session=session), wsse=wsse)
service = client.bind("Sidetone", told["port"])
operations = sorted(service._binding._operations)
print(json.dumps({"operations": operations}), flush=True)

for line in sys.stdin:
    asked = json.loads(line)
    try:
        answer = service[asked["call"]](**asked["with"])
        said = {"answer": serialize_object(answer, dict)}
    except zeep.exceptions.Fault as fault:
        codes = [str(code) for code in fault.subcodes or []]
        said = {"fault": {"code": fault.code, "message": fault.message, "subcodes": codes}}
    except zeep.exceptions.Error as error:
        said = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(said, default=str), flush=True)
