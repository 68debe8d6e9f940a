"""docker-compose.yml proved by running it; outside `make check`, because it installs a container engine."""
