# The Redis of the scenario `queue`, with nothing on a disk. From the root:
#   docker build -t ebb-redis:dev -f tools/cluster/redis.Dockerfile tools/cluster
# Any other image of Redis does as well: npm run test:cluster -- --redis-image redis:8
FROM node:24-trixie-slim
ARG NODE_EXTRA_CA_CERTS
RUN apt-get update \
  && apt-get install --yes --no-install-recommends redis-server \
  && rm --recursive /var/lib/apt/lists/*
WORKDIR /tmp
USER 65532:65532
EXPOSE 6379
ENTRYPOINT []
CMD ["redis-server", "--save", "", "--protected-mode", "no"]
