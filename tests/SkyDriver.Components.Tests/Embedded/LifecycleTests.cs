using System.Diagnostics;
using System.Net;

namespace SkyDriver.Components.Tests.Embedded;

public sealed class LifecycleTests
{
    private const string Shout = """{"operation":"shout","data":1}""";

    private readonly List<string> _calls = [];

    [Fact]
    public async Task Start_ComponentComesLater_IsWaitedFor()
    {
        await using EmbeddedSidecar sidecar = new();
        await sidecar.With("out", "bindings.echo", metadata: [("size", "5")]).StartAsync(wait: false);
        Assert.Equal(HttpStatusCode.InternalServerError, (await sidecar.SendAsync("GET", "/v1.0/healthz/outbound")).Status);
        await using ComponentHost component = await sidecar.ServeAsync("echo", b => b.Add(c => new EchoBinding(c.Name, _calls)));
        Assert.Equal(HttpStatusCode.OK, (await sidecar.SendAsync("POST", "/v1.0/bindings/out", Shout)).Status);
        Assert.Equal(["init out 5", "shout out"], _calls);
    }

    [Fact]
    public async Task Restart_BetweenCalls_IsSeenBeforeTheNextCall()
    {
        await using EmbeddedSidecar sidecar = new();
        ComponentHost component = await sidecar.ServeAsync("echo", b => b.Add(c => new EchoBinding(c.Name, _calls)));
        await sidecar.With("out", "bindings.echo").StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await sidecar.SendAsync("POST", "/v1.0/bindings/out", Shout)).Status);
        await component.DisposeAsync();
        (HttpStatusCode away, string told, _) = await sidecar.SendAsync("POST", "/v1.0/bindings/out", Shout);
        Assert.Equal(HttpStatusCode.InternalServerError, away);
        Assert.Contains("ERR_INVOKE_OUTPUT_BINDING", told);
        await using ComponentHost again = await sidecar.ServeAsync("echo", b => b.Add(c => new EchoBinding(c.Name, _calls)));
        Assert.Equal(HttpStatusCode.OK, (await sidecar.SendAsync("POST", "/v1.0/bindings/out", Shout)).Status);
        Assert.Equal(["init out ", "shout out", "dispose out", "init out ", "shout out"], _calls);
    }

    [Theory]
    [InlineData("state.echo", "StateStore")]
    [InlineData("pubsub.echo", "PubSub")]
    [InlineData("secretstores.echo", "SecretStore")]
    public async Task Start_ProcessServesAnotherBlock_SaysWhichItServes(string type, string wanted)
    {
        await using EmbeddedSidecar sidecar = new();
        await using ComponentHost component = await sidecar.ServeAsync("echo", b => b.Add(c => new EchoBinding(c.Name, _calls)));
        await sidecar.With("x", type).StartAsync(wait: false);
        string reason = await sidecar.Failed.WaitAsync(TimeSpan.FromSeconds(60));
        foreach (string word in new[] { "component x", type, $"components.v1.{wanted}", "components.v1.OutputBinding" }) Assert.Contains(word, reason);
    }

    [Fact]
    public async Task Start_InitFails_TheReasonEndsTheRun()
    {
        await using EmbeddedSidecar sidecar = new();
        await using ComponentHost component = await sidecar.ServeAsync("echo", b => b.Add(c => new EchoBinding(c.Name, _calls)));
        await sidecar.With("out", "bindings.echo", metadata: [("refuse", "size is missing")]).StartAsync(wait: false);
        Assert.Contains("size is missing", await sidecar.Failed.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task Start_InitHangs_EndsAtInitTimeout()
    {
        await using EmbeddedSidecar sidecar = new();
        await using ComponentHost component = await sidecar.ServeAsync("hang", b => b.Add(_ => new HangingBinding()));
        await sidecar.With("out", "bindings.hang", initTimeout: "1s").StartAsync(wait: false);
        string reason = await sidecar.Failed.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Contains("did not answer Init within 1 s", reason);
    }

    [Fact]
    public async Task Start_NobodyServesTheType_SaysWhereItWasLookedFor()
    {
        await using EmbeddedSidecar sidecar = new(socketTimeout: TimeSpan.Zero);
        await sidecar.With("out", "bindings.nobody").StartAsync(wait: false);
        string reason = await sidecar.Failed.WaitAsync(TimeSpan.FromSeconds(60));
        foreach (string word in new[] { "bindings.nobody", "nobody.sock", "DAPR_COMPONENTS_SOCKETS_FOLDER" }) Assert.Contains(word, reason);
    }

    [Fact]
    public async Task Process_KilledAndStartedAgain_IsFoundBehindItsStaleSocket()
    {
        await using EmbeddedSidecar sidecar = new();
        await sidecar.With("workers", "bindings.local-workers", metadata: [("command", "[\\\"/bin/true\\\"]")]).StartAsync(wait: false);
        using Process first = Launch(sidecar.Sockets);
        try
        {
            Assert.Equal("""{"workers":[],"unreachable":[]}""", (await sidecar.SendAsync("POST", "/v1.0/bindings/workers", """{"operation":"list"}""")).Body);
        }
        finally
        {
            // SIGKILL: it leaves its socket file behind.
            first.Kill();
            await first.WaitForExitAsync();
        }

        Assert.True(File.Exists(Path.Combine(sidecar.Sockets, "local-workers.sock")));
        Assert.Equal(HttpStatusCode.InternalServerError, (await sidecar.SendAsync("POST", "/v1.0/bindings/workers", """{"operation":"list"}""")).Status);
        using Process second = Launch(sidecar.Sockets);
        try
        {
            await Until.HoldsAsync(async () => (await sidecar.SendAsync("POST", "/v1.0/bindings/workers", """{"operation":"list"}""")).Status == HttpStatusCode.OK, "the new process serves");
        }
        finally
        {
            second.Kill();
            await second.WaitForExitAsync();
        }
    }

    private static Process Launch(string sockets)
    {
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "skydriver-local-workers.dll")]) { UseShellExecute = false };
        start.Environment["DAPR_COMPONENTS_SOCKETS_FOLDER"] = sockets;
        return Process.Start(start)!;
    }

    private sealed class HangingBinding : IOutputBinding
    {
        public IReadOnlyCollection<string> Operations => [];

        // Deaf to its token, as a component in another language may be.
        public Task InitAsync(IReadOnlyDictionary<string, string> properties, CancellationToken ct) => Task.Delay(TimeSpan.FromSeconds(3), CancellationToken.None);

        public Task<BindingResponse> InvokeAsync(BindingRequest request, CancellationToken ct) => throw new InvalidOperationException("never initialised");
    }
}
