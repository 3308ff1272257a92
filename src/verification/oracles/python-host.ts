/**
 * The program that a Python oracle's interpreter runs (Python 3.8 or later, standard library only). It takes one JSON
 * message per line and answers each with one: first what to load, then one call at a time. Its first argument is
 * `confined` if it may load only modules of the working directory, otherwise `anywhere`. The second is how many processes
 * its account may run, or 0 without a limit.
 *
 * The protocol has file descriptors of its own. Before any of the oracle's code runs, descriptor 0 is emptied and 1
 * becomes the error stream, so no print, C library or child process can write between the messages or take one away.
 * Nothing in the program tells an oracle why it is asked.
 */
export const pythonHost = String.raw`
import sys

confined = sys.argv[1] == "confined"
max_processes = int(sys.argv[2])
del sys.argv[1:]

# Import everything before the oracle's folder is on the path: a random.py there must not break this.
import asyncio
import importlib
import importlib.machinery
import inspect
import json
import os
import queue
import signal
import threading
import traceback

here = os.path.realpath(os.getcwd())
own_pid = os.getpid()
dumps, loads = json.dumps, json.loads

incoming = os.fdopen(os.dup(0), "rb")
outgoing = os.dup(1)
nothing = os.open(os.devnull, os.O_RDONLY)
os.dup2(nothing, 0)
os.close(nothing)
os.dup2(2, 1)


def send(message):
    data = memoryview((dumps(message) + "\n").encode("ascii"))
    while data:
        data = data[os.write(outgoing, data):]


inbox = queue.Queue()


def listen():
    try:
        for line in incoming:
            inbox.put(line)
    finally:
        # The asking process is gone, even during a call: leave nothing running.
        if os.getpgrp() == own_pid:
            os.killpg(own_pid, signal.SIGKILL)
        os._exit(1)


def limit(name, size):
    try:
        import resource

        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        if hard != resource.RLIM_INFINITY:
            size = min(size, hard)
        resource.setrlimit(kind, (size, size))
    except (ImportError, AttributeError, ValueError, OSError):
        # Not every platform has this limit or allows it to be set.
        pass


def is_own_frame(frame):
    file = frame.f_code.co_filename
    return (
        frame.f_globals is globals()
        or file.startswith(("<frozen importlib", os.path.dirname(asyncio.__file__) + os.sep))
        or file == importlib.__file__
    )


def describe(error):
    try:
        trace = error.__traceback__
        while trace is not None and is_own_frame(trace.tb_frame):
            trace = trace.tb_next
        text = "".join(traceback.format_exception(type(error), error, trace, limit=-8))
        # One endless line must not push the exception's name out.
        lines = [line[:1000] for line in text.replace(here + os.sep, "").split("\n")]
        return "\n".join(lines)[-16000:]
    except BaseException:
        # Out of memory, or an exception that cannot be formatted.
        return type(error).__name__


class Refused(Exception):
    pass


def is_inside(path):
    return os.path.realpath(path).startswith(here + os.sep)


def checked_spec(name, path):
    spec = importlib.machinery.PathFinder.find_spec(name, path)
    if spec is None:
        raise Refused(
            'There is no module "%s" in the folder of Python oracles. Put %s.py there, or correct its name.'
            % (name, name.replace(".", "/"))
        )
    places = [spec.origin] if spec.has_location else list(spec.submodule_search_locations or [])
    if not places or not all(is_inside(place) for place in places):
        raise Refused(
            'The module "%s" is outside the folder of Python oracles. Copy it there: links that leave the'
            " folder are not followed." % name
        )
    return spec


def load_confined(name):
    # Check each package before its code runs, and make sure that the checked file is the loaded one.
    path, whole = [here], ""
    for part in name.split("."):
        whole = whole + "." + part if whole else part
        if path is None:
            raise Refused('There is no module "%s": the part before its last dot is not a package.' % whole)
        spec = checked_spec(whole, path)
        module = importlib.import_module(whole)
        loaded = getattr(module, "__spec__", None)
        if loaded is None or loaded.origin != spec.origin:
            raise Refused('The name "%s" belongs to a module of Python itself. Rename the file.' % whole)
        path = getattr(module, "__path__", None)
    return module


def load(name, attribute):
    if sys.version_info < (3, 8):
        raise Refused(
            "Python 3.8 or later is needed; python3 on the PATH is %d.%d. Put a later one first." % sys.version_info[:2]
        )
    sys.path.insert(0, here)
    try:
        module = load_confined(name) if confined else importlib.import_module(name)
    except Refused:
        raise
    except BaseException as error:
        if isinstance(error, ModuleNotFoundError) and (name + ".").startswith((error.name or " ") + "."):
            raise Refused(
                'python3 finds no module "%s" in this folder or among its installed packages. Start in the'
                " folder that holds it, or correct its name." % name
            )
        raise Refused(
            'The module "%s" cannot be imported. Make this work in its folder: python3 -c "import %s"\n%s'
            % (name, name, describe(error))
        )
    function = getattr(module, attribute, None)
    if not callable(function):
        found = 'has no "%s"' if function is None else 'has a "%s" that cannot be called'
        raise Refused('The module "%s" %s. Name one of its functions.' % (name, found % attribute))
    return function


loop = None


async def settled(awaitable):
    return await awaitable


def value_of(function, change):
    global loop
    value = function(change)
    if inspect.isawaitable(value):
        # One loop for all calls: an async oracle's clients are bound to the loop that created them.
        loop = loop or asyncio.new_event_loop()
        value = loop.run_until_complete(settled(value))
    return value if isinstance(value, dict) else {"summary": str(value)}


def reply(function, change, max_bytes):
    try:
        value = value_of(function, change)
    except BaseException as error:
        return {"kind": "raised", "trace": describe(error), "exhausted": isinstance(error, MemoryError)}
    try:
        text = dumps(value, ensure_ascii=False, allow_nan=False)
    except MemoryError as error:
        return {"kind": "raised", "trace": describe(error), "exhausted": True}
    except Exception as error:
        return {"kind": "unwritable", "detail": "%s: %s" % (type(error).__name__, str(error)[:300])}
    # A lone surrogate has no UTF-8 form. It is counted, and sent as its JSON escape.
    if len(text.encode("utf-8", "surrogatepass")) > max_bytes:
        return {"kind": "too_large"}
    return {"kind": "answer", "value": value}


def main():
    threading.Thread(target=listen, daemon=True).start()
    order = loads(inbox.get())
    limit("RLIMIT_CORE", 0)
    if max_processes > 0:
        limit("RLIMIT_NPROC", max_processes)
    if order["memory_bytes"] is not None:
        limit("RLIMIT_AS", order["memory_bytes"])
    try:
        function = load(order["module"], order["callable"])
    except Refused as error:
        send({"kind": "refused", "call": 0, "detail": str(error)})
        os._exit(0)
    send({"kind": "ready", "call": 0})
    while True:
        request = loads(inbox.get())
        answer = reply(function, request["change"], order["max_bytes"])
        if os.getpid() != own_pid:
            # A fork that the oracle left running must not answer for its parent.
            os._exit(0)
        answer["call"] = request["call"]
        try:
            send(answer)
        except MemoryError:
            send({"kind": "raised", "call": request["call"], "trace": "MemoryError", "exhausted": True})


main()
`;
