# Image of the launcher of Kubernetes Jobs: docker build -f images/kubernetes-jobs.Dockerfile -t icecube/skydriver-kubernetes-jobs:v0.1.0 .
# Not chiseled: the pod's start-up probe asks with "test -S" whether the socket is there.
FROM mcr.microsoft.com/dotnet/sdk:10.0.401-noble AS build
WORKDIR /source
COPY Directory.Build.props Directory.Packages.props Dapr.Sdk.props Kubernetes.Sdk.props global.json ./
COPY libs libs
COPY workflows workflows
COPY apps apps
RUN dotnet publish apps/SkyDriver.KubernetesJobs/SkyDriver.KubernetesJobs.csproj -c Release -o /app -p:UseAppHost=false -p:DebugType=none

FROM mcr.microsoft.com/dotnet/aspnet:10.0.12-noble
WORKDIR /app
COPY --from=build /app .
USER 1654:1654
ENTRYPOINT ["dotnet", "skydriver-kubernetes-jobs.dll"]
