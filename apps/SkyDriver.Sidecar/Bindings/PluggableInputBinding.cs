using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using SkyDriver.Grpc.Protos.Components;
using SkyDriver.Sidecar.Components;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Bindings;

/// <summary>An input binding that another process serves over gRPC on a Unix socket.</summary>
internal sealed class PluggableInputBinding(ComponentSpec component, ComponentEnvironment environment) : IInputBinding, IStartsLate
{
    public const string Service = PluggableTypes.Package + "InputBinding";
    private const int MostUnderWay = 100;

    private readonly PluggableConnection _connection = new(component, Service, environment, (_, _) => Task.CompletedTask);

    public bool IsServed => _connection.IsServed;

    public Task StartAsync(CancellationToken ct) => _connection.StartAsync(ct);

    public async Task ReadAsync(Func<InputEvent, Task<InputResult>> deliver, CancellationToken ct)
    {
        PluggableSession session = await _connection.SessionAsync(ct);
        await using PluggableStream<ReadResponse> stream = new(session.Open("Read", ReadResponse.Parser, CancellationToken.None));
        using SemaphoreSlim slots = new(MostUnderWay);
        ConcurrentDictionary<string, Task> underWay = new(StringComparer.Ordinal);
        try
        {
            await stream.ReadAsync(StartOneAsync, ct);
        }
        catch (RpcException)
        {
            session.Break();
            throw;
        }
        finally
        {
            await Task.WhenAll(underWay.Values);
        }

        async Task StartOneAsync(ReadResponse message)
        {
            await slots.WaitAsync(ct);
            underWay[message.MessageId] = Task.Run(async () =>
            {
                await HandleAsync(stream, message, deliver);
                slots.Release();
                underWay.TryRemove(message.MessageId, out _);
            }, CancellationToken.None);
        }
    }

    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task HandleAsync(PluggableStream<ReadResponse> stream, ReadResponse message, Func<InputEvent, Task<InputResult>> deliver)
    {
        try
        {
            InputResult result = await deliver(new InputEvent(message.Data.ToByteArray(), new Dictionary<string, string>(message.Metadata)));
            await stream.WriteAsync(new ReadRequest
            {
                MessageId = message.MessageId,
                ResponseData = UnsafeByteOperations.UnsafeWrap(result.Data),
                ResponseError = result.Error is { } error ? new AckMessageError { Message = error } : null,
            });
        }
        catch (Exception fault) when (fault is RpcException or OperationCanceledException or ObjectDisposedException)
        {
            // The app or the component is gone: without an answer the component sends the event again, if it can.
        }
    }
}
