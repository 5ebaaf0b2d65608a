using System.Collections.Concurrent;
using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Common;
using SkyDriver.Grpc.Protos.Runtime;

namespace Dapr.Sdk.Tests.Fakes;

/// <summary>Just enough of a sidecar, over real sockets: state with etags, and a record of everything else.</summary>
public sealed class FakeDapr : IAsyncDisposable
{
    private const string Service = "/dapr.proto.runtime.v1.Dapr/";
    private readonly ConcurrentDictionary<string, (ByteString Data, int Etag)> _state = new();
    private readonly WebApplication _app;
    private int _writes;

    private FakeDapr(WebApplication app) => _app = app;

    public string Http { get; private set; } = "";

    public string Grpc { get; private set; } = "";

    /// <summary>Every request message of the gRPC side, in order.</summary>
    internal ConcurrentQueue<IMessage> Requests { get; } = new();

    /// <summary>What the HTTP side answers on its health routes.</summary>
    public int HealthStatus { get; set; } = 204;

    public int HealthCalls;

    /// <summary>Tokens seen, one per call.</summary>
    public ConcurrentQueue<string?> Tokens { get; } = new();

    public static async Task<FakeDapr> StartAsync(Action<WebApplication>? extra = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.ListenGrpc(0);
        });
        var app = builder.Build();
        var fake = new FakeDapr(app);
        fake.MapState();
        fake.MapOthers();
        extra?.Invoke(app);
        app.MapGrpcUnknown();
        await app.StartAsync();
        string[] addresses = [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];
        (fake.Http, fake.Grpc) = (addresses[0], addresses[1]);
        return fake;
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }

    internal T Single<T>() where T : IMessage => Assert.IsType<T>(Assert.Single(Requests.OfType<T>()));

    private void MapState()
    {
        Unary("SaveState", SaveStateRequest.Parser, request =>
        {
            foreach (var item in request.States) Save(item);
            return new Empty();
        });
        Unary("GetState", GetStateRequest.Parser, request =>
            _state.TryGetValue(request.Key, out var found)
                ? new GetStateResponse { Data = found.Data, Etag = Text(found.Etag) }
                : new GetStateResponse());
        Unary("DeleteState", DeleteStateRequest.Parser, request =>
        {
            CheckEtag(request.Key, request.Etag, firstWrite: false);
            _state.TryRemove(request.Key, out _);
            return new Empty();
        });
        Unary("DeleteBulkState", DeleteBulkStateRequest.Parser, request =>
        {
            foreach (var item in request.States) _state.TryRemove(item.Key, out _);
            return new Empty();
        });
        Unary("GetBulkState", GetBulkStateRequest.Parser, request =>
        {
            var response = new GetBulkStateResponse();
            foreach (string key in request.Keys)
            {
                response.Items.Add(_state.TryGetValue(key, out var found)
                    ? new BulkStateItem { Key = key, Data = found.Data, Etag = Text(found.Etag) }
                    : new BulkStateItem { Key = key });
            }

            return response;
        });
        Unary("ExecuteStateTransaction", ExecuteStateTransactionRequest.Parser, request =>
        {
            foreach (var operation in request.Operations)
            {
                if (operation.OperationType == "delete") _state.TryRemove(operation.Request.Key, out _);
                else Save(operation.Request);
            }

            return new Empty();
        });
    }

    private void MapOthers()
    {
        Unary("PublishEvent", PublishEventRequest.Parser, request => request.Topic == "forbidden"
            ? throw new RpcException(new Status(StatusCode.PermissionDenied, "topic forbidden is not allowed"))
            : new Empty());
        Unary("BulkPublishEventAlpha1", BulkPublishRequest.Parser, request =>
        {
            var response = new BulkPublishResponse();
            response.FailedEntries.Add(request.Entries.Where(e => e.Event.ToStringUtf8().Contains("bad"))
                .Select(e => new BulkPublishResponseFailedEntry { EntryId = e.EntryId, Error = "refused" }));
            return response;
        });
        Unary("InvokeBinding", InvokeBindingRequest.Parser, request =>
        {
            var response = new InvokeBindingResponse { Data = request.Data };
            response.Metadata.Add(request.Metadata);
            response.Metadata["operation"] = request.Operation;
            return response;
        });
        Unary("GetSecret", GetSecretRequest.Parser, request => new GetSecretResponse { Data = { [request.Key] = "hush" } });
        Unary("GetBulkSecret", GetBulkSecretRequest.Parser, _ =>
            new GetBulkSecretResponse { Data = { ["a"] = new SecretResponse { Secrets = { ["k"] = "v" } } } });
        Unary("GetMetadata", GetMetadataRequest.Parser, _ => new GetMetadataResponse
        {
            Id = "app-1",
            RegisteredComponents = { new RegisteredComponents { Name = "statestore", Type = "state.in-memory", Version = "v1", Capabilities = { "ETAG" } } },
            ActorRuntime = new ActorRuntime { ActiveActors = { new ActiveActorsCount { Type = "ScanActor", Count = 2 } } },
            ExtendedMetadata = { ["k"] = "v" },
        });
        Unary("SetMetadata", SetMetadataRequest.Parser, _ => new Empty());
        foreach (string path in (string[])["/v1.0/healthz", "/v1.0/healthz/outbound"])
        {
            _app.MapGet(path, () =>
            {
                Interlocked.Increment(ref HealthCalls);
                return Results.StatusCode(HealthStatus);
            });
        }
    }

    private void Unary<TRequest, TResponse>(string method, MessageParser<TRequest> parser, Func<TRequest, TResponse> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        _app.MapGrpcUnary<TRequest, TResponse>(Service + method, parser, (request, call) =>
        {
            Requests.Enqueue(request);
            Tokens.Enqueue(call.Metadata("dapr-api-token"));
            return Task.FromResult(handler(request));
        });

    private void Save(StateItem item)
    {
        bool firstWrite = item.Options?.Concurrency == StateOptions.Types.StateConcurrency.ConcurrencyFirstWrite;
        CheckEtag(item.Key, item.Etag, firstWrite);
        _state[item.Key] = (item.Value, Interlocked.Increment(ref _writes));
    }

    private void CheckEtag(string key, Etag? etag, bool firstWrite)
    {
        bool exists = _state.TryGetValue(key, out var found);
        bool mismatch = etag is { Value.Length: > 0 } ? !exists || Text(found.Etag) != etag.Value : firstWrite && exists;
        if (mismatch) throw new RpcException(new Status(StatusCode.Aborted, "possible etag mismatch"));
    }

    private static string Text(int etag) => etag.ToString(CultureInfo.InvariantCulture);
}
