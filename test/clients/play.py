# SPDX-License-Identifier: Apache-2.0
"""play.py URL TOKEN: what play.mjs does, through Python's websockets."""

import asyncio
import json
import sys

import websockets

url, token = sys.argv[1:]


async def until(ws, kind):
    while True:
        frame = json.loads(await ws.recv())
        if frame["type"] == kind:
            return frame["data"]


async def say(ws, kind, **data):
    await ws.send(json.dumps({"type": kind, "data": data}))


def connect():
    return websockets.connect(url, subprotocols=["gamesession.v1"], extra_headers={"X-Session-Token": token})


async def play():
    begin = {"n": 1, "action_id": "begin", "action": {"type": "start_combat"}}
    async with connect() as ws:
        assert ws.subprotocol == "gamesession.v1", ws.subprotocol
        await say(ws, "sync_request")
        at = await until(ws, "sync_response")
        await say(ws, "action_declare", **begin)
        began = await until(ws, "ack")
    async with connect() as ws:
        await say(ws, "resume", epoch=at["epoch"], version=at["version"])
        assert (await until(ws, "resumed"))["last_n"] == 1
        assert (await until(ws, "initiative_roll"))["version"] == began["version"]
        await say(ws, "action_declare", **begin)
        again = await until(ws, "ack")
        assert again["repeated"] and again["version"] == began["version"], again
        await say(ws, "sync_request", paths=["/combat/turn"])
        turn = (await until(ws, "sync_response"))["state"]["/combat/turn"]
        await say(ws, "action_declare", n=2, action_id="end", action={"type": "end_turn", "creature": turn})
        await until(ws, "ack")
    print("played by websockets", websockets.__version__)


asyncio.run(play())
