using SkyDriver.Contracts;
using SkyDriver.Deploy.Tests.Checks;
using SkyDriver.Deploy.Tests.Harness;

namespace SkyDriver.Deploy.Tests;

/// <summary>dapr.yaml, tye.yaml, the chart, the component sets and the programs' own constants tell one story.</summary>
public sealed class AgreementTests
{
    [Fact]
    public void Files_OfTheRepository_Agree() => Assert.Empty(new Agreement(Agreement.Repository()).Faults());

    [Theory]
    [InlineData("dapr.yaml", "appPort: 8082", "appPort: 8083")]
    [InlineData("dapr.yaml", "appID: skydriver-scanner", "appID: skydriver-scaner")]
    [InlineData("dapr.yaml", "skydriver-api.dll", "skydriver-rest.dll")]
    [InlineData("dapr.yaml", "SKYDRIVER_API: http://127.0.0.1:8080", "SKYDRIVER_API: http://127.0.0.1:8088")]
    [InlineData("tye.yaml", "port: 8081", "port: 8091")]
    [InlineData("tye.yaml", "name: skydriver-api", "name: api")]
    [InlineData("tye.yaml", "SKYDRIVER_TEARDOWN_WAIT, value: 0s", "SKYDRIVER_TEARDOWN_WAIT, value: 5s")]
    [InlineData("charts/skydriver/examples/minimal.yaml", "dapr.io/app-port: \"8082\"", "dapr.io/app-port: \"8182\"")]
    [InlineData("charts/skydriver/examples/htcondor.yaml", "dapr.io/app-id: \"skydriver-scanner\"", "dapr.io/app-id: \"scanner\"")]
    [InlineData("charts/skydriver/examples/htcondor.yaml", "type: bindings.htcondor", "type: bindings.condor")]
    [InlineData("components/local/statestore.yaml", "name: statestore", "name: store")]
    [InlineData("components/local-memory/pubsub.yaml", "  - skydriver-orchestrator", "  - orchestrator")]
    [InlineData("components/production/state-redis/statestore.yaml", "  - skydriver-scanner\n", "")]
    [InlineData("components/production/workers-kubernetes-jobs/workers-kubernetes.yaml", "type: bindings.kubernetes-jobs", "type: bindings.kubernetes")]
    [InlineData("components/local-rabbitmq-postgres/workers-local.yaml", "type: bindings.local-workers", "type: bindings.local")]
    [InlineData("apps/SkyDriver.HtCondor/Program.cs", "new(\"htcondor\")", "new(\"condor\")")]
    [InlineData("apps/SkyDriver.LocalWorkers/Program.cs", "new(\"local-workers\")", "new(\"workers\")")]
    public void Files_OneThingChanged_IsAFaultThatNamesTheFile(string file, string old, string changed)
    {
        Dictionary<string, string> files = Agreement.Repository();
        Assert.Contains(old, files[file], StringComparison.Ordinal);
        files[file] = files[file].Replace(old, changed, StringComparison.Ordinal);
        Assert.Contains(new Agreement(files).Faults(), fault => fault.Contains(file, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("minimal", "kubernetes")]
    [InlineData("rabbitmq-postgresql", "kubernetes")]
    [InlineData("htcondor", "sub-2=htcondor sub-3=htcondor")]
    public void Places_HaveLaunchers(string site, string places)
    {
        Manifests manifests = Manifests.Parse(Chart.Example(site));
        Assert.Equal(places, manifests.Find("ConfigMap", "skydriver-api").Text("data.SKYDRIVER_CLUSTERS"));
        Assert.Equal(places, manifests.Find("ConfigMap", "skydriver-orchestrator").Text("data.SKYDRIVER_CLUSTERS"));
        Assert.All(places.Split(' '), place => Assert.NotNull(manifests.Find("Component", Components.Workers(place.Split('=')[^1]))));
    }
}
