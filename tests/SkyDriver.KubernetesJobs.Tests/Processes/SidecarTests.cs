using System.Net;
using System.Text.Json;
using SkyDriver.Components.Tests.Embedded;
using SkyDriver.KubernetesJobs.Tests.Double;
using SkyDriver.KubernetesJobs.Tests.Launcher;

namespace SkyDriver.KubernetesJobs.Tests.Processes;

/// <summary>The launcher as apps meet it: a process behind a sidecar, asked through Dapr's binding API.</summary>
public sealed class SidecarTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kube-run-");
    private readonly EmbeddedSidecar _sidecar = new();
    private FakeCluster _cluster = null!;
    private LauncherProgram _launcher = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await FakeCluster.StartAsync();
        _launcher = Launch();
        await _sidecar.With("workers-kubernetes", "bindings.kubernetes-jobs", metadata:
        [
            ("direction", "output"), ("kubeconfig", TestLauncher.Kubeconfig(_folder.FullName, _cluster.Address)), ("image", "ghcr.io/icecube/worker:v1"),
        ]).StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _sidecar.DisposeAsync();
        await _launcher.DisposeAsync();
        await _cluster.DisposeAsync();
        _folder.Delete(recursive: true);
        Assert.Empty(_cluster.Complaints);
    }

    [Fact]
    public async Task Operations_FromDeployToRemove_WorkThroughDapr()
    {
        string[] ids = await DeployAsync(3);
        Assert.Equal(3, ids.Length);
        _cluster.With(c => c.SetPods(PodStates.Running));
        await SeesAsync("running running running");
        foreach (string pod in _cluster.With(c => c.Pods.Select(FakeController.Name))) _cluster.Logs[pod] = $"hello from {pod}\n";
        JsonElement logs = (await OkAsync("logs", """{"scan_id": "scan1"}""")).GetProperty("logs");
        Assert.Equal(ids.Select(i => $"hello from {i}-"), logs.EnumerateArray().Select(l => l.GetProperty("stdout").GetString()![..^5]));
        Assert.Equal(1, (await OkAsync("remove", $$"""{"ids": ["{{ids[0]}}"]}""")).GetProperty("removed").GetInt32());
        await SeesAsync("running running");
        Assert.Equal(2, (await OkAsync("remove", """{"scan_id": "scan1"}""")).GetProperty("removed").GetInt32());
        Assert.Empty(_cluster.With(c => c.Jobs));
        (HttpStatusCode status, string body, _) = await InvokeAsync("deploy", """{"scan_id": "scan1", "count": 0, "idempotency_key": "k"}""");
        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.Contains("count is 0", body);
        Assert.Equal(0, await _launcher.StopAsync());
    }

    [Fact]
    public async Task Deploy_LauncherIsKilledBeforeItAnswers_ARepeatFindsTheSameJob()
    {
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously), never = new();
        _cluster.HoldAnswerOnce("POST", "/jobs", arrived, never.Task);
        Task<(HttpStatusCode Status, string, HttpResponseMessage)> lost = InvokeAsync("deploy", """{"scan_id": "scan1", "count": 3, "idempotency_key": "start"}""");
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await _launcher.KillAsync();
        never.SetResult();
        Assert.Equal(HttpStatusCode.InternalServerError, (await lost).Status);
        await _launcher.DisposeAsync();
        _launcher = Launch();
        string[] ids = await DeployAsync(3);
        Assert.Equal(3, ids.Length);
        string job = FakeController.Name(Assert.Single(_cluster.With(c => c.Jobs)));
        Assert.All(ids, id => Assert.StartsWith(job, id));
        Assert.Equal(ids, await DeployAsync(3));
        Assert.Single(_cluster.With(c => c.Jobs));
    }

    [Fact]
    public async Task Watch_LauncherIsKilledAndStartedAgain_KnowsItsWorkersAndFollowsThem()
    {
        await DeployAsync(2);
        _cluster.With(c => c.SetPods(PodStates.Running));
        await SeesAsync("running running");
        await _launcher.KillAsync();
        _cluster.With(c => c.SetPods(PodStates.OutOfMemory, 1));
        await _launcher.DisposeAsync();
        _launcher = Launch();
        await SeesAsync("running exited");
        _cluster.With(c => c.SetPods(PodStates.Succeeded, 0));
        await SeesAsync("exited exited");
    }

    private LauncherProgram Launch() => new(Path.Combine(AppContext.BaseDirectory, "skydriver-kubernetes-jobs.dll"), _sidecar.Sockets);

    private async Task<string[]> DeployAsync(int count)
    {
        string data = $$"""{"scan_id": "scan1", "env": {"A": "b"}, "count": {{count}}, "idempotency_key": "start"}""";
        string[] ids = [];
        // After a restart the sidecar needs a moment to set the component up again.
        await Until.HoldsAsync(
            async () =>
            {
                (HttpStatusCode status, string body, _) = await InvokeAsync("deploy", data);
                if (status == HttpStatusCode.OK) ids = [.. JsonElement.Parse(body).GetProperty("workers").EnumerateArray().Select(w => w.GetString()!)];
                return status == HttpStatusCode.OK;
            },
            "the deployment is answered");
        return ids;
    }

    private Task SeesAsync(string states) => Until.HoldsAsync(
        async () =>
        {
            (HttpStatusCode status, string body, _) = await InvokeAsync("list", "{}");
            return status == HttpStatusCode.OK && string.Join(' ', JsonElement.Parse(body).GetProperty("workers").EnumerateArray().Select(w => w.GetProperty("state").GetString())) == states;
        },
        $"the workers are: {states}");

    private async Task<JsonElement> OkAsync(string operation, string data)
    {
        (HttpStatusCode status, string body, _) = await InvokeAsync(operation, data);
        Assert.True(status == HttpStatusCode.OK, body);
        return JsonElement.Parse(body);
    }

    private Task<(HttpStatusCode Status, string Body, HttpResponseMessage Response)> InvokeAsync(string operation, string data) =>
        _sidecar.SendAsync("POST", "/v1.0/bindings/workers-kubernetes", $$"""{"data": {{data}}, "operation": "{{operation}}"}""");
}
