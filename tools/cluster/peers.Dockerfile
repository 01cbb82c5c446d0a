# The peers of `npm run test:cluster` and its load client inside the cluster: the compiled tools, in an image made as the
# service's is (/Dockerfile), so that a peer differs in nothing but its code. From the root:
#   docker build -t ebb-test:dev -f tools/cluster/peers.Dockerfile .
FROM node:24-trixie-slim AS node

# Up to the sources, both stages are the service's word for word: whoever has built that image installs nothing anew.
FROM node AS dependencies
ARG NODE_EXTRA_CA_CERTS
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM node AS build
ARG NODE_EXTRA_CA_CERTS
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY .swcrc ./
COPY src ./src
COPY tools ./tools
RUN npm run build:test

FROM gcr.io/distroless/nodejs24-debian13:nonroot
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=dependencies /app/package.json ./
# What the peers have besides: a gateway. The service, which has none, is built without these.
COPY --from=build /app/node_modules/@nestjs/platform-ws ./node_modules/@nestjs/platform-ws
COPY --from=build /app/node_modules/@nestjs/websockets ./node_modules/@nestjs/websockets
COPY --from=build /app/node_modules/ws ./node_modules/ws
COPY --from=build /app/dist-test ./dist-test
USER 65532:65532
EXPOSE 3000 9000
STOPSIGNAL SIGTERM
# Ebb with the routes that clients ask for, so that `--image ebb-test:dev` works whatever the service has. The `args` of a
# manifest replace it: the program and, for a stock peer, which one.
CMD ["dist-test/tools/lib/peers/ebb.main.js"]
