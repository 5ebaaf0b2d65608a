using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using SkyDriver.Grpc.Client;
using SkyDriver.Grpc.Wire;

namespace SkyDriver.Grpc;

/// <summary>
/// A call with both sides streaming. Writes may come from several threads, each goes out whole; one reader at a time.
/// </summary>
public sealed class GrpcDuplexCall<TResponse> : IDisposable
    where TResponse : class, IMessage<TResponse>
{
    private readonly string _address;
    private readonly int _maxMessageBytes;
    private readonly MessageParser<TResponse> _parser;
    private readonly OpenContent _content;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenRegistration _callerStops;
    private readonly CancellationTokenSource _scope = new();
    private readonly SemaphoreSlim _writing = new(1);
    private readonly Task<HttpResponseMessage> _response;

    internal GrpcDuplexCall(
        string address,
        int maxMessageBytes,
        MessageParser<TResponse> parser,
        OpenContent content,
        Func<CancellationToken, Task<HttpResponseMessage>> send,
        CancellationToken caller)
    {
        (_address, _maxMessageBytes, _parser, _content, _caller) = (address, maxMessageBytes, parser, content, caller);
        _callerStops = caller.Register(_scope.Cancel);
        _response = StartAsync(send);
        // The fault is thrown again where the caller reads or writes.
        _response.ContinueWith(static t => _ = t.Exception, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously);
    }

    /// <summary>Sends one message; waits while the other side does not take more (flow control).</summary>
    /// <remarks>Cancelling a write that has begun ends the whole call: half a message cannot be taken back.</remarks>
    public async Task WriteAsync(IMessage message, CancellationToken ct = default)
    {
        int size = Frames.Measure(message, _maxMessageBytes);
        await _writing.WaitAsync(ct);
        try
        {
            using var stop = ct.Register(_scope.Cancel);
            var stream = await _content.Opened.WaitAsync(_scope.Token);
            await Frames.WriteAsync(stream, message, size, _scope.Token);
            await stream.FlushAsync(_scope.Token);
        }
        catch (Exception e) when (CallFaults.IsTransport(e))
        {
            throw CallFaults.Translate(e, _address, deadlinePassed: false, _scope.IsCancellationRequested, ct.IsCancellationRequested ? ct : _caller);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Says that no more messages will come from this side; the other may go on.</summary>
    public async Task CompleteAsync()
    {
        await _writing.WaitAsync();
        _content.Complete();
        _writing.Release();
    }

    /// <summary>The server's messages until it ends the call.</summary>
    /// <exception cref="RpcException">The call ended with another status than OK.</exception>
    public async IAsyncEnumerable<TResponse> ReadAllAsync([EnumeratorCancellation] CancellationToken ct = default)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(_scope.Token, ct);
        var response = await Guard(() => new ValueTask<HttpResponseMessage>(_response.WaitAsync(both.Token)), ct);
        await using var messages = GrpcResponse.ReadAllAsync(response, _parser, _maxMessageBytes, both.Token).GetAsyncEnumerator(ct);
        while (await Guard(messages.MoveNextAsync, ct)) yield return messages.Current;
        _content.Complete();
    }

    public void Dispose()
    {
        _callerStops.Dispose();
        _scope.Cancel();
        _content.Fail(new ObjectDisposedException(nameof(GrpcDuplexCall<TResponse>), "The call is closed."));
        if (_response.IsCompletedSuccessfully) _response.Result.Dispose();
    }

    private async Task<HttpResponseMessage> StartAsync(Func<CancellationToken, Task<HttpResponseMessage>> send)
    {
        try
        {
            return await send(_scope.Token);
        }
        catch (Exception e)
        {
            _content.Fail(e);
            throw;
        }
    }

    private async ValueTask<T> Guard<T>(Func<ValueTask<T>> step, CancellationToken reader)
    {
        try
        {
            return await step();
        }
        catch (Exception e) when (CallFaults.IsTransport(e))
        {
            throw CallFaults.Translate(e, _address, deadlinePassed: false, _scope.IsCancellationRequested, reader.IsCancellationRequested ? reader : _caller);
        }
    }
}
