# Images of the services: docker build -f images/services.Dockerfile --target api -t icecube/skydriver-api:v0.1.0 .
# Targets: api, orchestrator, scanner. What comes out has the runtime and the program: no shell, no package manager, no build tool, no root.
FROM mcr.microsoft.com/dotnet/sdk:10.0.401-noble AS source
WORKDIR /source
COPY Directory.Build.props Directory.Packages.props Dapr.Sdk.props Kubernetes.Sdk.props global.json ./
COPY libs libs
COPY workflows workflows
COPY apps apps

FROM source AS build-api
RUN dotnet publish apps/SkyDriver.Api/SkyDriver.Api.csproj -c Release -o /app -p:UseAppHost=false -p:DebugType=none

FROM source AS build-orchestrator
RUN dotnet publish apps/SkyDriver.Orchestrator/SkyDriver.Orchestrator.csproj -c Release -o /app -p:UseAppHost=false -p:DebugType=none

FROM source AS build-scanner
RUN dotnet publish apps/SkyDriver.Scanner/SkyDriver.Scanner.csproj -c Release -o /app -p:UseAppHost=false -p:DebugType=none

FROM mcr.microsoft.com/dotnet/aspnet:10.0.12-noble-chiseled AS base
WORKDIR /app
USER 1654:1654

FROM base AS api
COPY --from=build-api /app .
ENTRYPOINT ["dotnet", "skydriver-api.dll"]

FROM base AS orchestrator
COPY --from=build-orchestrator /app .
ENTRYPOINT ["dotnet", "skydriver-orchestrator.dll"]

FROM base AS scanner
COPY --from=build-scanner /app .
ENTRYPOINT ["dotnet", "skydriver-scanner.dll"]
