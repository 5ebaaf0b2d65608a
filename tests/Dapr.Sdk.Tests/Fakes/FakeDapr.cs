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
    private readonly ConcurrentDictionary<string, string> _locks = new();
    private int _writes;

    private FakeDapr(WebApplication app) => _app = app;

    public string Http { get; private set; } = "";

    public string Grpc { get; private set; } = "";

    /// <summary>Every request message of the gRPC side, in order.</summary>
    internal ConcurrentQueue<IMessage> Requests { get; } = new();

    /// <summary>What the HTTP side answers on its health routes.</summary>
    public int HealthStatus { get; set; } = 204;

    public int HealthCalls;

    /// <summary>Error of the second hit of every state query.</summary>
    public string QueryError { get; set; } = "";

    /// <summary>False for a runtime that knows only the stable name of bulk publishing.</summary>
    public bool KnowsBulkPublishAlpha { get; set; } = true;

    /// <summary>Tokens seen, one per call.</summary>
    public ConcurrentQueue<string?> Tokens { get; } = new();

    /// <summary>Starts on free ports, or on those of one that has stopped.</summary>
    public static async Task<FakeDapr> StartAsync(Action<WebApplication>? extra = null, FakeDapr? successorOf = null)
    {
        int http = successorOf is null ? 0 : new Uri(successorOf.Http).Port;
        int grpc = successorOf is null ? 0 : new Uri(successorOf.Grpc).Port;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(System.Net.IPAddress.Loopback, http, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.ListenGrpc(grpc);
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
        Unary("BulkPublishEventAlpha1", BulkPublishRequest.Parser, request => KnowsBulkPublishAlpha
            ? PublishBulk(request)
            : throw new RpcException(new Status(StatusCode.Unimplemented, "unknown method BulkPublishEventAlpha1")));
        Unary("BulkPublishEvent", BulkPublishRequest.Parser, PublishBulk);
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
        Unary("QueryStateAlpha1", QueryStateRequest.Parser, _ => new QueryStateResponse
        {
            Results =
            {
                new QueryStateItem { Key = "a", Data = ByteString.CopyFromUtf8("{\"name\":\"one\",\"size\":1}"), Etag = "7" },
                new QueryStateItem { Key = "b", Error = QueryError },
            },
            Token = "next",
            Metadata = { ["m"] = "1" },
        });
        Unary("GetConfiguration", GetConfigurationRequest.Parser, request =>
        {
            var response = new GetConfigurationResponse();
            foreach (string key in request.Keys) response.Items[key] = Configured(key);
            return response;
        });
        Unary("UnsubscribeConfiguration", UnsubscribeConfigurationRequest.Parser, request =>
            new UnsubscribeConfigurationResponse { Ok = request.Id == "sub-1", Message = request.Id });
        Unary("TryLockAlpha1", TryLockRequest.Parser, request => new TryLockResponse { Success = _locks.TryAdd(request.ResourceId, request.LockOwner) });
        Unary("UnlockAlpha1", UnlockRequest.Parser, request => new UnlockResponse
        {
            Status = !_locks.TryGetValue(request.ResourceId, out string? owner) ? UnlockResponse.Types.Status.LockDoesNotExist
                : owner != request.LockOwner ? UnlockResponse.Types.Status.LockBelongsToOthers
                : _locks.TryRemove(request.ResourceId, out _) ? UnlockResponse.Types.Status.Success : UnlockResponse.Types.Status.InternalError,
        });
        _app.MapGrpcServerStream<SubscribeConfigurationRequest, SubscribeConfigurationResponse>(
            Service + "SubscribeConfiguration", SubscribeConfigurationRequest.Parser, async (request, call, write) =>
            {
                await write(new SubscribeConfigurationResponse { Id = "sub-1" });
                foreach (string key in request.Keys) await write(new SubscribeConfigurationResponse { Id = "sub-1", Items = { [key] = Configured(key) } });
                await Task.Delay(Timeout.Infinite, call.Cancelled);
            });
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

    private static BulkPublishResponse PublishBulk(BulkPublishRequest request)
    {
        var response = new BulkPublishResponse();
        response.FailedEntries.Add(request.Entries.Where(e => e.Event.ToStringUtf8().Contains("bad"))
            .Select(e => new BulkPublishResponseFailedEntry { EntryId = e.EntryId, Error = "refused" }));
        return response;
    }

    private static ConfigurationItem Configured(string key) => new() { Value = "value of " + key, Version = "3", Metadata = { ["k"] = key } };

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
