# Image of a worker: docker build -f images/worker.Dockerfile -t icecube/skydriver-worker:v0.1.0 .
# It has a shell, which HTCondor's jobs begin with, and in /app/sidecar a Dapr-compatible sidecar for execute points that reach a RabbitMQ
# server; /app/with-sidecar starts both. No build tool, no root, and nothing is written outside of /tmp and the job's own folder.
FROM mcr.microsoft.com/dotnet/sdk:10.0.401-noble AS build
WORKDIR /source
COPY Directory.Build.props Directory.Packages.props Dapr.Sdk.props Kubernetes.Sdk.props global.json ./
COPY libs libs
COPY workflows workflows
COPY apps apps
# The programs' own starters find the runtime of the image, also where a job's environment names none.
RUN dotnet publish apps/SkyDriver.Worker/SkyDriver.Worker.csproj -c Release -r linux-x64 --no-self-contained -o /app -p:DebugType=none
RUN dotnet publish apps/SkyDriver.Sidecar/SkyDriver.Sidecar.csproj -c Release -r linux-x64 --no-self-contained -o /app/sidecar -p:DebugType=none -p:PublishReadyToRun=false

FROM mcr.microsoft.com/dotnet/aspnet:10.0.12-noble
WORKDIR /app
COPY --from=build /app .
COPY --chmod=0755 images/with-sidecar /app/with-sidecar
ENV APP_PORT=8083
USER 1654:1654
ENTRYPOINT ["/app/skydriver-worker"]
