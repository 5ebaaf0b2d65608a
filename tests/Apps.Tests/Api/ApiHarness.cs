using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapr;
using Dapr.Actors;
using Dapr.Actors.Client;
using Dapr.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SkyDriver.Api;
using SkyDriver.Apps.Tests.Fakes;
using SkyDriver.Hosting;
using SkyDriver.Hosting.Workflows;

namespace SkyDriver.Apps.Tests.Api;

/// <summary>The REST service on a socket, with a store in memory and an orchestrator that only takes notes.</summary>
public abstract class ApiHarness : IAsyncLifetime
{
    private static readonly string EventText = File.ReadAllText(Path.Combine(TestPaths.Repository, "examples", "track.json"));
    private readonly WebApplication app;

    /// <param name="settings">Of the service, as <c>NAME=VALUE</c>.</param>
    protected ApiHarness(params string[] settings) => app = BuildApp(settings);

    /// <summary>Time as the service sees it: real, plus what a test adds.</summary>
    private protected ShiftedClock Clock { get; } = new();

    /// <summary>Everything the service logged.</summary>
    private protected LogLines Log { get; } = new();

    private protected NamedActors Actors { get; } = new();

    protected IServiceProvider Services => app.Services;

    /// <summary>Another service with the same store and orchestrator, not yet started.</summary>
    protected WebApplication BuildApp(params string[] settings)
    {
        WebApplicationBuilder builder = SkyDriverHost.CreateBuilder([]);
        foreach (string setting in settings) builder.Configuration[setting[..setting.IndexOf('=')]] = setting[(setting.IndexOf('=') + 1)..];
        builder.Services.AddSingleton<TimeProvider>(Clock);
        builder.AddApi();
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(Log);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<DaprClient>(Dapr);
        builder.Services.AddSingleton<IActorProxyFactory>(Actors);
        builder.Services.AddSingleton(new LifecycleClient(new HttpClient(Orchestrator) { BaseAddress = new("http://orchestrator.invalid") }));
        WebApplication built = builder.Build();
        built.MapHealth();
        built.MapApi();
        return built;
    }

    private protected FakeDapr Dapr { get; } = FakeDapr.Create();

    private protected OrchestratorNotes Orchestrator { get; } = new();

    protected HttpClient Http { get; set; } = new();

    public async ValueTask InitializeAsync()
    {
        await app.StartAsync();
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new(app.Urls.Single()) };
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>A body of <c>POST /scan</c> as the first generation sends it.</summary>
    protected static JsonObject GoodLaunch() => new()
    {
        ["docker_tag"] = "v3.1.4",
        ["cluster"] = new JsonArray(new JsonArray("local", 2)),
        ["reco_algo"] = "dummy",
        ["event_i3live_json"] = JsonNode.Parse(EventText),
        ["nsides"] = new JsonObject { ["8"] = 0, ["64"] = 12 },
        ["real_or_simulated_event"] = "simulated",
    };

    protected async Task<(HttpResponseMessage Response, JsonElement Body)> SendAsync(HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(method, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        HttpResponseMessage response = await Http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType?.ToString().ToLowerInvariant());
        return (response, JsonSerializer.Deserialize<JsonElement>(text));
    }

    /// <summary>The answer must be an error in the one form that clients know.</summary>
    /// <returns>Its reason.</returns>
    protected async Task<string> RefusedAsync(HttpStatusCode expected, HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        var (response, error) = await SendAsync(method, path, body, headers);
        string reason = error.GetProperty("error").GetString()!;
        Assert.Equal((expected, (int)expected), (response.StatusCode, error.GetProperty("code").GetInt32()));
        Assert.Equal(reason.Length <= 500 ? reason : reason[..500], response.ReasonPhrase);
        return reason;
    }

    protected async Task<JsonElement> OkAsync(HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        var (response, answer) = await SendAsync(method, path, body, headers);
        Assert.True(response.StatusCode is HttpStatusCode.OK, $"{(int)response.StatusCode} {response.ReasonPhrase}");
        return answer;
    }

    protected async Task<string> LaunchedAsync() => (await OkAsync(HttpMethod.Post, "/scan", GoodLaunch().ToJsonString())).GetProperty("scan_id").GetString()!;
}

/// <summary>The real clock, moved forward as a test likes.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    private long shift;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref shift));

    public void Advance(TimeSpan by) => Interlocked.Add(ref shift, by.Ticks);
}

/// <summary>Keeps what was logged.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> lines = [];

    public string Text => string.Join('\n', lines);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        lines.Enqueue($"{logLevel}: {formatter(state, exception)} {exception}");

    public void Dispose()
    {
    }
}

/// <summary>Hands out actors by type, without a sidecar.</summary>
internal sealed class NamedActors : IActorProxyFactory
{
    public Dictionary<string, IActor> ByType { get; } = [];

    /// <summary>Actors of a type that are told apart by their ids.</summary>
    public Dictionary<string, Func<string, IActor>> ById { get; } = [];

    public TActorInterface CreateActorProxy<TActorInterface>(ActorId actorId, string actorType, ActorProxyOptions? options = null)
        where TActorInterface : IActor =>
        ById.TryGetValue(actorType, out Func<string, IActor>? find) ? (TActorInterface)find(actorId.GetId())
        : ByType.TryGetValue(actorType, out IActor? actor) ? (TActorInterface)actor : throw new DaprException("nobody hosts this actor");

    public object CreateActorProxy(ActorId actorId, Type actorInterfaceType, string actorType, ActorProxyOptions? options = null) => throw new NotSupportedException();

    public ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions? options = null) => throw new NotSupportedException();
}

/// <summary>Stands for the orchestrator behind service invocation.</summary>
internal sealed class OrchestratorNotes : HttpMessageHandler
{
    private readonly ConcurrentDictionary<string, string> started = [];

    public bool IsAway { get; set; }

    /// <summary>Inputs of the life cycles by scan id.</summary>
    public IReadOnlyDictionary<string, string> Started => started;

    /// <summary>Paths of the events raised.</summary>
    public ConcurrentQueue<string> Raised { get; } = [];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (IsAway) return new(HttpStatusCode.InternalServerError);
        string body = await request.Content!.ReadAsStringAsync(cancellationToken);
        string[] path = request.RequestUri!.AbsolutePath.Trim('/').Split('/');
        if (path.Length == 2) started.TryAdd(path[1], body);
        else if (started.ContainsKey(path[1])) Raised.Enqueue(request.RequestUri.AbsolutePath);
        else return new(HttpStatusCode.NotFound);
        return new(HttpStatusCode.OK);
    }
}
