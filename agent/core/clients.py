"""Who is connected to run/core.sock: device workers, management, the recorder, and strangers that have not said their hello."""

from collections.abc import Mapping
from pathlib import Path

from agent.core.channel import Client, Json
from agent.core.devices import DevicePort
from agent.core.listener import Listener
from agent.core.recorder_port import RecorderPort
from agent.core.reports import ManagementPort

MAX_STRANGERS = 8
MESSAGES_A_TURN = 16
"""Of one client; the rest waits in its socket. A client that floods must not delay an advert."""


class Clients:
    """Passes each message to the port that its sender belongs to. ListenError: `path` cannot be made."""

    def __init__(
        self, path: Path, devices: Mapping[str, DevicePort], management: ManagementPort, recorder: RecorderPort | None = None
    ) -> None:
        self.listener = Listener(path)
        self._devices, self._management, self._recorder = devices, management, recorder
        self._workers: dict[Client, DevicePort] = {}
        """Whose worker it is; looked at with each turn of core's loop, when most of 255 devices may have none."""
        self._strangers: list[Client] = []

    def all(self) -> list[Client]:
        """Everybody who is connected."""
        recorders = [self._recorder.client] if self._recorder and self._recorder.client else []
        return [*self._live_workers(), *self._management.clients, *recorders, *self._strangers]

    def _live_workers(self) -> list[Client]:
        return [client for client, device in self._workers.items() if device.client is client]

    def accept(self) -> None:
        """Somebody has connected; who it is comes with the hello. Workers are as many as there are devices."""
        client = self.listener.accept(len(self.all()) - len(self._live_workers()))
        if client is None:
            return
        if len(self._strangers) >= MAX_STRANGERS:
            self._strangers.pop(0).close()
        self._strangers.append(client)

    def hear(self, client: Client) -> None:
        """Messages of one connection, or its end."""
        for _ in range(MESSAGES_A_TURN):
            if client.is_closed or (message := client.receive()) is None:
                break
            self._hear_message(client, message)
        if client.is_closed:
            self._forget(client)

    def _hear_message(self, client: Client, message: Json) -> None:
        if client in self._strangers:
            self._introduce(client, message)
            return
        device = self._device_of(client)
        if device is not None:
            device.hear(message)
            return
        if self._recorder is not None and self._recorder.owns(client):
            self._recorder.health.hear(message)
            return
        self._management.hear(client, message)

    def _introduce(self, client: Client, message: Json) -> None:
        self._strangers.remove(client)
        device = self._devices.get(str(message.get("name")))
        if message.get("hello") in ("management", "handover"):
            self._management.connect(client)
        elif message.get("hello") == "recorder" and self._recorder is not None:
            self._recorder.connect(client, message)
        elif message.get("hello") == "device" and device is not None:
            device.connect(client)
            self._workers = {one: port for one, port in (*self._workers.items(), (client, device)) if port.client is one}
        else:
            client.close()

    def _device_of(self, client: Client) -> DevicePort | None:
        """Whose worker it is; None: nobody's, or it has been cut off."""
        device = self._workers.get(client)
        return device if device is not None and device.client is client else None

    def _forget(self, client: Client) -> None:
        device = self._device_of(client)
        if device is not None:
            device.disconnect("the worker has ended")
        self._management.forget(client)
        if self._recorder is not None:
            self._recorder.forget(client)
        if client in self._strangers:
            self._strangers.remove(client)
        client.close()
