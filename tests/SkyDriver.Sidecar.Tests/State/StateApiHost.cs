using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Rpc;
using SkyDriver.Sidecar.Components;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resources;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Tests.State;

/// <summary>A refusal as a caller sees it; <c>Code</c> is the HTTP status or the gRPC one.</summary>
/// <param name="Error">ERR_…; null over gRPC, which has none.</param>
/// <param name="Reason">Of the ErrorInfo; null without one.</param>
internal sealed record Refusal(int Code, string? Error, string? Reason, string Message);

/// <summary>The real ports of one app's sidecar, with stores that a test makes.</summary>
internal sealed class StateApiHost : IAsyncDisposable
{
    private readonly ApiPipeline _pipeline;
    private readonly InstanceServer _server;
    private readonly AppComponents _components;

    private StateApiHost(ApiPipeline pipeline, InstanceServer server, AppComponents components)
    {
        (_pipeline, _server, _components) = (pipeline, server, components);
        Http = new() { BaseAddress = new Uri($"http://127.0.0.1:{server.HttpPort}") };
        Grpc = new($"http://127.0.0.1:{server.GrpcPort}");
    }

    public HttpClient Http { get; }

    public GrpcConnection Grpc { get; }

    public static Task<StateApiHost> StartAsync(IStateStore store, TimeProvider? clock = null, string? keyPrefix = null) =>
        StartAsync(new Dictionary<string, IStateStore> { ["store"] = store }, clock, keyPrefix);

    public static async Task<StateApiHost> StartAsync(IReadOnlyDictionary<string, IStateStore> stores, TimeProvider? clock = null, string? keyPrefix = null)
    {
        clock ??= TimeProvider.System;
        AppComponents components = new();
        Dictionary<string, string> metadata = keyPrefix is null ? [] : new() { ["keyPrefix"] = keyPrefix };
        foreach ((string name, IStateStore store) in stores) components.States[name] = new(new(name, "state.test", "v1", "file", false, TimeSpan.FromSeconds(5), metadata), "app", "default", store);
        ApiPipeline pipeline = new([], clock, NullLoggerFactory.Instance);
        AppGroup group = new(new AppScope("app", "default", null, clock, NullLoggerFactory.Instance), new Nobody());
        InstanceSidecar sidecar = new(new AppInstance(group, "app-1", null), components, ResourceView.Of(ResourceSet.Empty, "app", clock), new InstanceSettings { AppId = "app" }, clock, NullLoggerFactory.Instance);
        return new(pipeline, await InstanceServer.StartAsync(pipeline, sidecar, default), components);
    }

    public Task<HttpResponseMessage> SendAsync(string verb, string path, string? json = null, string? ifMatch = null)
    {
        HttpRequestMessage request = new(new HttpMethod(verb), "/v1.0/state/" + path);
        if (json is not null) request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(json)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        return Http.SendAsync(request);
    }

    /// <summary>Sends what must be done.</summary>
    public async Task<string> DoneAsync(string verb, string path, string? json = null, string? ifMatch = null)
    {
        HttpResponseMessage answer = await SendAsync(verb, path, json, ifMatch);
        string body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode}: {body}");
        return body;
    }

    /// <summary>Sends what must be refused.</summary>
    public async Task<Refusal> RefusedAsync(string verb, string path, string? json = null, string? ifMatch = null)
    {
        HttpResponseMessage answer = await SendAsync(verb, path, json, ifMatch);
        using JsonDocument body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        string? reason = null;
        if (body.RootElement.TryGetProperty("details", out JsonElement details))
        {
            JsonElement info = details.EnumerateArray().SingleOrDefault(d => d.GetProperty("@type").GetString() is "type.googleapis.com/google.rpc.ErrorInfo");
            if (info.ValueKind is JsonValueKind.Object)
            {
                Assert.Equal("dapr.io", info.GetProperty("domain").GetString());
                reason = info.GetProperty("reason").GetString();
            }
        }

        return new((int)answer.StatusCode, body.RootElement.GetProperty("errorCode").GetString(), reason, body.RootElement.GetProperty("message").GetString()!);
    }

    public Task<T> CallAsync<T>(string method, IMessage request, MessageParser<T> parser)
        where T : class, IMessage<T> => Grpc.UnaryAsync("/dapr.proto.runtime.v1.Dapr/" + method, request, parser, TimeSpan.FromSeconds(30));

    public async Task<Refusal> RefusedAsync(string method, IMessage request)
    {
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => CallAsync(method, request, Google.Protobuf.WellKnownTypes.Empty.Parser));
        return new((int)refused.StatusCode, null, refused.Detail<ErrorInfo>()?.Reason, refused.Status.Detail);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        Grpc.Dispose();
        await _server.DisposeAsync();
        _pipeline.Dispose();
        foreach (StateComponent state in _components.States.Values) await state.Store.DisposeAsync();
    }

    private sealed class Nobody : IAppDirectory
    {
        public IReadOnlyCollection<AppGroup> Apps => [];

        public AppGroup? Find(string appId) => null;
    }
}

/// <summary>A store with the limits or the faults that a test gives it.</summary>
internal sealed class LimitedStore(IStateStore inner) : IStateStore
{
    public bool IsTransactional { get; init; } = true;

    public int MostOperations { get; init; } = int.MaxValue;

    public Exception? Fault { get; init; }

    public List<int> Sizes { get; } = [];

    public Task<StateRecord?> GetAsync(string key, CancellationToken ct) => Fault is null ? inner.GetAsync(key, ct) : Task.FromException<StateRecord?>(Fault);

    public Task<IReadOnlyList<StateRecord?>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken ct) =>
        Fault is null ? inner.GetManyAsync(keys, ct) : Task.FromException<IReadOnlyList<StateRecord?>>(Fault);

    public Task ApplyAsync(IReadOnlyList<StateOperation> operations, CancellationToken ct)
    {
        lock (Sizes) Sizes.Add(operations.Count);
        return Fault is null ? inner.ApplyAsync(operations, ct) : Task.FromException(Fault);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
