using Google.Protobuf;
using Grpc.Core;
using SkyDriver.Grpc;

namespace SkyDriver.Sidecar.Components;

/// <summary>Messages out of a component, with answers to them. Disposing says goodbye and waits a little for the component's, so that
/// the last answers are read by it.</summary>
internal sealed class PluggableStream<T>(GrpcDuplexCall<T> call) : IAsyncDisposable
    where T : class, IMessage<T>
{
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(2);

    private readonly IAsyncEnumerator<T> _messages = call.ReadAllAsync().GetAsyncEnumerator();
    private Task<bool>? _next;

    /// <summary>Hands messages over one after the other; returns when the token fires, with the stream still open for answers.</summary>
    /// <exception cref="RpcException">The stream broke, or the component ended it.</exception>
    public async Task ReadAsync(Func<T, Task> handle, CancellationToken ct)
    {
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration = ct.Register(stopped.SetResult);
        while (!ct.IsCancellationRequested)
        {
            _next ??= _messages.MoveNextAsync().AsTask();
            // A cancelled read would reset the stream, and with it the answers under way.
            if (await Task.WhenAny(_next, stopped.Task) != _next) return;
            bool more = await _next;
            _next = null;
            if (!more) throw new RpcException(new Status(StatusCode.Unavailable, "the component ended the stream"));
            await handle(_messages.Current);
        }
    }

    /// <exception cref="RpcException">The stream is broken.</exception>
    public Task WriteAsync(IMessage answer) => call.WriteAsync(answer);

    public async ValueTask DisposeAsync()
    {
        try
        {
            await SayGoodbyeAsync().WaitAsync(Goodbye);
        }
        catch (Exception fault) when (fault is RpcException or OperationCanceledException or ObjectDisposedException or TimeoutException)
        {
            // It was broken before, or the component does not listen.
        }

        call.Dispose();
        _ = _next?.ContinueWith(static t => _ = t.Exception, TaskContinuationOptions.OnlyOnFaulted);
    }

    private async Task SayGoodbyeAsync()
    {
        if (_next is { IsFaulted: true }) return;
        await call.CompleteAsync();
        // What still comes was not answered, and comes again.
        while (await (_next ??= _messages.MoveNextAsync().AsTask())) _next = null;
    }
}
