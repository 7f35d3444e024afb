"""/metrics: text, counts, the port with its web.yml, and a real unit that is scraped."""
