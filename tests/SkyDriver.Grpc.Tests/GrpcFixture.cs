using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SkyDriver.Grpc.Tests;

/// <summary>A server with one method of each kind, on loopback and on a Unix socket.</summary>
public sealed class GrpcFixture : IAsyncLifetime
{
    public const string Echo = "/test.Echo/Echo";
    public const string Fail = "/test.Echo/Fail";
    public const string Rich = "/test.Echo/Rich";
    public const string Wait = "/test.Echo/Wait";
    public const string Count = "/test.Echo/Count";
    public const string Flood = "/test.Echo/Flood";
    public const string Chat = "/test.Echo/Chat";
    public const string Early = "/test.Echo/Early";
    public const string Headers = "/test.Echo/Headers";
    public const string Big = "/test.Echo/Big";

    private readonly string _socket = Path.Combine(Path.GetTempPath(), $"skydriver-grpc-{Guid.NewGuid():N}.sock");
    private WebApplication? _app;
    private int _flooded;

    public string Http { get; private set; } = "";

    public string Unix => "unix://" + _socket;

    /// <summary>Messages the server has handed to the transport in the latest flood.</summary>
    public int Flooded => Volatile.Read(ref _flooded);

    /// <summary>Set when the server has seen a waiting call end early.</summary>
    public TaskCompletionSource Abandoned { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void ResetAbandoned() => Abandoned = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async ValueTask InitializeAsync()
    {
        // A file of a dead process must not keep the server from starting.
        await File.WriteAllTextAsync(_socket, "");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenGrpc(0);
            kestrel.ListenGrpcUnix(_socket);
        });
        _app = builder.Build();
        Map(_app);
        await _app.StartAsync();
        Http = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First(a => a.StartsWith("http://127"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            await _app.StopAsync(limit.Token);
            await _app.DisposeAsync();
        }

        File.Delete(_socket);
    }

    private void Map(WebApplication app)
    {
        app.MapGrpcUnary<BytesValue, BytesValue>(Echo, BytesValue.Parser, (request, _) => Task.FromResult(request));
        app.MapGrpcUnary<Int32Value, Empty>(Fail, Int32Value.Parser, (request, _) =>
            request.Value < 0
                ? throw (request.Value < -1 ? new OperationCanceledException("given up in the depths of the handler") : new InvalidOperationException("broken handler"))
                : throw new RpcException(new Status((StatusCode)request.Value, "refusé: 100 % «naïve»\nline two")));
        app.MapGrpcUnary<Empty, Empty>(Rich, Empty.Parser, (_, _) => throw RichErrors.EtagViolation(StatusCode.FailedPrecondition, "etag mismatch"));
        app.MapGrpcUnary<Empty, Empty>(Wait, Empty.Parser, async (_, call) =>
        {
            try
            {
                await Task.Delay(Timeout.Infinite, call.Cancelled);
            }
            finally
            {
                Abandoned.TrySetResult();
            }

            return new Empty();
        });
        app.MapGrpcServerStream<Int32Value, Int32Value>(Count, Int32Value.Parser, async (request, _, write) =>
        {
            for (int i = 0; i < request.Value; i++) await write(new Int32Value { Value = i });
            if (request.Value == 13) throw new RpcException(new Status(StatusCode.DataLoss, "thirteen"));
        });
        app.MapGrpcServerStream<Int32Value, BytesValue>(Flood, Int32Value.Parser, async (request, call, write) =>
        {
            Volatile.Write(ref _flooded, 0);
            var block = new BytesValue { Value = ByteString.CopyFrom(new byte[request.Value]) };
            try
            {
                while (true)
                {
                    await write(block);
                    Interlocked.Increment(ref _flooded);
                }
            }
            finally
            {
                Abandoned.TrySetResult();
            }
        });
        app.MapGrpcDuplex<StringValue, StringValue>(Chat, StringValue.Parser, async (requests, _, write) =>
        {
            await foreach (var request in requests) await write(new StringValue { Value = "re: " + request.Value });
            await write(new StringValue { Value = "bye" });
        });
        app.MapGrpcDuplex<StringValue, StringValue>(Early, StringValue.Parser, async (requests, _, write) =>
        {
            await foreach (var request in requests)
            {
                await write(request);
                throw new RpcException(new Status(StatusCode.OutOfRange, "one is enough"));
            }
        });
        app.MapGrpcUnary<StringValue, StringValue>(Headers, StringValue.Parser, (request, call) =>
            Task.FromResult(new StringValue { Value = call.Metadata(request.Value) ?? "(none)" }));
        app.MapGrpcUnary<Int32Value, BytesValue>(Big, Int32Value.Parser, (request, _) =>
            Task.FromResult(new BytesValue { Value = ByteString.CopyFrom(new byte[request.Value]) }));
        app.MapPost("/test.Http/{status:int}", (int status) => Results.StatusCode(status));
        app.MapGrpcReflection(["test.Echo"]);
        app.MapGrpcUnknown();
    }
}
