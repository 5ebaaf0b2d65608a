using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.TaskHub;
using SkyDriver.Sidecar.Actors;
using SkyDriver.Sidecar.Scheduling;
using SkyDriver.Sidecar.State;
using SkyDriver.Sidecar.Workflows;

namespace SkyDriver.Sidecar.Tests.Workflows;

/// <summary>A workflow engine behind a real gRPC port, over a store that may outlive it.</summary>
internal sealed class EngineHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TimerQueue _timers;

    private EngineHost(WebApplication app, TimerQueue timers, WorkflowEngine engine, string address) =>
        (_app, _timers, Engine, Connection) = (app, timers, engine, new GrpcConnection(address));

    public WorkflowEngine Engine { get; }

    public GrpcConnection Connection { get; }

    /// <param name="store">May outlive the host.</param>
    /// <param name="clock">The system's when null.</param>
    /// <param name="options">The defaults when null.</param>
    /// <param name="appId">Whose engine it is.</param>
    /// <param name="apps">The engines of the apps that see each other; this one joins them.</param>
    public static async Task<EngineHost> StartAsync(
        IStateStore store, TimeProvider? clock = null, WorkflowOptions? options = null, string appId = "app", ConcurrentDictionary<string, WorkflowEngine>? apps = null)
    {
        clock ??= TimeProvider.System;
        var timers = new TimerQueue(clock);
        var storage = new WorkflowStorage(new ActorStore(store, (IKeyScan)store), appId, "default");
        var peers = apps is null ? WorkflowPeers.None(appId) : new WorkflowPeers(appId, (id, _) => apps.GetValueOrDefault(id));
        var engine = new WorkflowEngine(storage, timers, clock, options ?? new WorkflowOptions(), peers, NullLogger.Instance);
        if (apps is not null) apps[appId] = engine;
        await engine.RecoverAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenGrpc(0));
        var app = builder.Build();
        TaskHubService.Map(app, _ => engine);
        await app.StartAsync();
        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new EngineHost(app, timers, engine, address);
    }

    public Task<TResponse> CallAsync<TResponse>(string method, Google.Protobuf.IMessage request, Google.Protobuf.MessageParser<TResponse> parser)
        where TResponse : class, Google.Protobuf.IMessage<TResponse> =>
        Connection.UnaryAsync("/TaskHubSidecarService/" + method, request, parser, TimeSpan.FromSeconds(20));

    public async Task<string> StartInstanceAsync(string id, string name = "chain", string? input = null) =>
        (await CallAsync("StartInstance", new CreateInstanceRequest { InstanceId = id, Name = name, Input = input }, CreateInstanceResponse.Parser)).InstanceId;

    public async Task<WorkflowState> EndAsync(string id) =>
        (await CallAsync("WaitForInstanceCompletion", new GetInstanceRequest { InstanceId = id, GetInputsAndOutputs = true }, GetInstanceResponse.Parser)).WorkflowState;

    public async Task<WorkflowState?> GetAsync(string id) =>
        (await CallAsync("GetInstance", new GetInstanceRequest { InstanceId = id, GetInputsAndOutputs = true }, GetInstanceResponse.Parser)).WorkflowState;

    public async Task<IReadOnlyList<HistoryEvent>> HistoryAsync(string id) =>
        (await CallAsync("GetInstanceHistory", new GetInstanceHistoryRequest { InstanceId = id }, GetInstanceHistoryResponse.Parser)).Events;

    public Task RaiseAsync(string id, string name, string? input = null) =>
        CallAsync("RaiseEvent", new RaiseEventRequest { InstanceId = id, Name = name, Input = input }, RaiseEventResponse.Parser);

    public static Task UntilAsync(Func<Task<bool>> condition, string what) => Until.HoldsAsync(condition, what);

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        Connection.Dispose();
        await _app.DisposeAsync();
        _timers.Dispose();
    }
}
