def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ.get("SERVER_SOFTWARE", "uwsgi").split("/")[0].encode() + b"\n"]
