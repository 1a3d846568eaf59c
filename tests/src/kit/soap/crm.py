"""A CRM that speaks SOAP and is not ours: spyne, behind a front that can be as troublesome as real ones.

Says where it is on its standard output. `GET /records` tells what was written to it; `POST /mood` has the next requests
answered as the body says, a list of moods in JSON that are used up one by one:

    "fine"          does what it is asked
    "trouble"       a fault of the receiver, and nothing is done
    "loses answers" does what it is asked, and the answer breaks off
    "page"          a page in HTML, and nothing is done
    "gateway"       status 502, and nothing is done
    "latin"         does what it is asked, and answers in ISO-8859-1
    "wide"          does what it is asked, and answers in UTF-16
    "much"          does what it is asked, and answers with 10 MB
    "slow"          does what it is asked, and answers after 2 s
    "locked"        a fault with a code of its own that means "later"
    "stranger"      does not know who asks
"""

import base64
import hashlib
import json
import logging
import socketserver
import sys
import threading
import time
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from lxml import etree
from spyne import Application, Array, ComplexModel, Fault, Integer, ServiceBase, Unicode, rpc
from spyne.protocol.soap import Soap11, Soap12
from spyne.server.wsgi import WsgiApplication

# Faults are what it is asked for.
logging.disable(logging.CRITICAL)

SPACE = "urn:crm.example"
USER, PASSWORD = "sidetone", "the CRM's password"
WSSE = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
WSU = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}"

lock = threading.Lock()
records = []
moods = []
nonces = set()


class Contact(ComplexModel):
    __namespace__ = SPACE
    Id = Integer
    Name = Unicode


class NewTicket(ComplexModel):
    __namespace__ = SPACE
    ExternalId = Unicode(min_occurs=1, nillable=False, max_len=200)
    ContactId = Integer(min_occurs=1, nillable=True)
    Subject = Unicode(min_occurs=1, nillable=False)
    Text = Unicode
    Priority = Unicode(values=["Normal", "High"], min_occurs=1, nillable=False)
    Tags = Array(Unicode(type_name="Tag"))


def write(kind, key, body):
    with lock:
        records.append({"kind": kind, "key": key, "body": body})
        return len(records)


class Crm(ServiceBase):
    @rpc(Unicode, _returns=Array(Contact))
    def FindContacts(ctx, phone):
        return [Contact(Id=1017, Name="Ann Müller 退款")] if phone == "+14155550117" else []

    @rpc(Unicode, Unicode, _returns=Array(Integer))
    def FindByKey(ctx, kind, key):
        with lock:
            found = [at for at, one in enumerate(records, 1) if (one["kind"], one["key"]) == (kind, key)]
        return found

    @rpc(NewTicket.customize(min_occurs=1, nillable=False), _returns=Integer)
    def CreateTicket(ctx, ticket):
        if ticket.Subject == "too long":
            raise Fault("Client.TooLong", "the subject is too long")
        tags = list(ticket.Tags or [])
        return write("tickets", ticket.ExternalId, {"contact": ticket.ContactId, "subject": ticket.Subject, "text": ticket.Text,
                                                    "priority": ticket.Priority, "tags": tags})

    @rpc(Unicode, Integer, Unicode, Unicode, _returns=Integer)
    def CreateTask(ctx, key, ticket, title, due):
        return write("tasks", key, {"ticket": ticket, "title": title, "due": due})

    @rpc(Unicode, Integer, Unicode, _returns=Integer)
    def CreateInteraction(ctx, key, ticket, at):
        return write("interactions", key, {"ticket": ticket, "at": at})


def wsgi(protocol):
    application = Application([Crm], tns=SPACE, name="Crm", in_protocol=protocol(validator="lxml"), out_protocol=protocol())
    return WsgiApplication(application)


services = {"/soap11": wsgi(Soap11), "/soap12": wsgi(Soap12)}
versions = {"/soap11": "http://schemas.xmlsoap.org/soap/envelope/", "/soap12": "http://www.w3.org/2003/05/soap-envelope"}


def stranger(body):
    """What is wrong with who asks, as the profile of UsernameToken has it."""
    root = etree.fromstring(body)
    token = root.find(f".//{WSSE}UsernameToken")
    if token is None:
        return "no token"
    nonce, created = token.findtext(f"{WSSE}Nonce"), token.findtext(f"{WSU}Created")
    digest = hashlib.sha1(base64.b64decode(nonce) + created.encode() + PASSWORD.encode()).digest()
    if token.findtext(f"{WSSE}Username") != USER or token.findtext(f"{WSSE}Password") != base64.b64encode(digest).decode():
        return "another password"
    with lock:
        if nonce in nonces:
            return "sent twice"
        nonces.add(nonce)
    return None


def fault(path, code, reason):
    space = versions[path]
    if path == "/soap11":
        inner = f"<faultcode>{code}</faultcode><faultstring>{reason}</faultstring>"
    else:
        whose, _, kind = code.partition(".")
        whose = {"e:Server": "e:Receiver", "e:Client": "e:Sender"}.get(whose, whose)
        sub = f"<e:Subcode><e:Value>e:{kind}</e:Value></e:Subcode>" if kind else ""
        inner = f"<e:Code><e:Value>{whose}</e:Value>{sub}</e:Code><e:Reason><e:Text xml:lang='en'>{reason}</e:Text></e:Reason>"
    return f"<e:Envelope xmlns:e='{space}'><e:Body><e:Fault>{inner}</e:Fault></e:Body></e:Envelope>".encode()


def front(environ, start):
    path, length = environ["PATH_INFO"], int(environ.get("CONTENT_LENGTH") or 0)

    def respond(status, body, kind="text/xml; charset=utf-8"):
        start(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    if path == "/records":
        with lock:
            return respond("200 OK", json.dumps(records).encode(), "application/json")
    if path == "/mood":
        body = json.loads(environ["wsgi.input"].read(length))
        with lock:
            moods[:] = body
        return respond("200 OK", b"", "text/plain")
    service = services[path]
    if environ["REQUEST_METHOD"] == "GET":
        return service(environ, start)
    body = environ["wsgi.input"].read(length)
    with lock:
        mood = moods.pop(0) if moods else "fine"
    why = stranger(body)
    if why or mood == "stranger":
        return respond("500 Oops", fault(path, "e:Client.FailedAuthentication", why or "who are you?"))
    if mood == "trouble":
        return respond("500 Oops", fault(path, "e:Server", "out of memory"))
    if mood == "locked":
        return respond("500 Oops", fault(path, "e:Client.RecordLocked", "try later"))
    if mood == "page":
        return respond("200 OK", b"<!DOCTYPE html><html><body>back soon</body></html>", "text/html")
    if mood == "gateway":
        return respond("502 Bad Gateway", b"<html><body>nobody there</body></html>", "text/html")
    status = []
    done = service({**environ, "wsgi.input": Again(body)}, lambda line, headers, *_: status.append((line, headers)))
    answer = b"".join(done)
    line, headers = status[0]
    kind = dict(headers).get("Content-Type", "text/xml")
    if mood == "loses answers":
        start(line, [("Content-Type", kind), ("Content-Length", str(len(answer) + 1000))])
        return [answer[: len(answer) // 2]]
    if mood in ("latin", "wide"):
        encoding = {"latin": "ISO-8859-1", "wide": "UTF-16"}[mood]
        answer = etree.tostring(etree.fromstring(answer), xml_declaration=True, encoding=encoding)
        kind = kind.split(";")[0]
    if mood == "much":
        answer += b" " * 10_000_000
    if mood == "slow":
        time.sleep(2)
    return respond(line, answer, kind)


class Again:
    """A body that was read."""

    def __init__(self, body):
        self.body = body

    def read(self, size=-1):
        end = len(self.body) if size < 0 else size
        part, self.body = self.body[:end], self.body[end:]
        return part


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that goes away in the middle is nothing to tell of."""


server = make_server("127.0.0.1", 0, front, server_class=Server, handler_class=Quiet)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
# Until whoever has started it ends.
sys.stdin.read()
