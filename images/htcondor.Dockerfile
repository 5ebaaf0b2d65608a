# Image of the launcher of HTCondor jobs: docker build -f images/htcondor.Dockerfile -t icecube/skydriver-htcondor:v0.1.0 .
# HTCondor's own image has the tools that the launcher calls; none of its daemons is started. The program brings its runtime along.
FROM mcr.microsoft.com/dotnet/sdk:10.0.401-noble AS build
WORKDIR /source
COPY Directory.Build.props Directory.Packages.props Dapr.Sdk.props Kubernetes.Sdk.props global.json ./
COPY libs libs
COPY workflows workflows
COPY apps apps
RUN dotnet publish apps/SkyDriver.HtCondor/SkyDriver.HtCondor.csproj -c Release -r linux-x64 --self-contained -o /app -p:DebugType=none

FROM docker.io/htcondor/submit:25.7.2-el9
WORKDIR /app
COPY --from=build /app .
# HTCondor takes no jobs from root.
USER 1654:1654
ENTRYPOINT ["/app/skydriver-htcondor"]
