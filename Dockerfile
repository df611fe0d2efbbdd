# SPDX-License-Identifier: Apache-2.0
#
# One image per program:
#   docker build --build-arg PROGRAM=shard --build-arg VERSION=v0.1.0 -t gamesession/shard:v0.1.0 .
# PROGRAM is a folder of cmd/: operator, shard, bots, kubectl-gamesession.

ARG GO_VERSION=1.26
FROM golang:${GO_VERSION} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG PROGRAM
ARG VERSION=unknown
RUN test -n "$PROGRAM" || { echo "give --build-arg PROGRAM=operator|shard|bots|kubectl-gamesession" >&2; exit 2; } \
 && CGO_ENABLED=0 go build -trimpath -tags nodev -ldflags "-s -w -X main.version=${VERSION}" -o /program ./cmd/${PROGRAM}

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /program /program
USER 65532:65532
ENTRYPOINT ["/program"]
