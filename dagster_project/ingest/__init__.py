"""How data come in: what a source is, the inbox, the services, the assets. One module a publisher in sources/."""
