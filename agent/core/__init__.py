"""The real-time process: read, decide, send. No asyncio, no logging; no disk after start-up."""
