using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using SkyDriver.Grpc.Wire;

namespace SkyDriver.Grpc.Client;

/// <summary>A request body of one message, encoded when it is sent; sent again if the connection refuses the stream.</summary>
internal sealed class MessageContent : HttpContent
{
    private readonly IMessage _message;
    private readonly int _size;

    /// <exception cref="global::Grpc.Core.RpcException">RESOURCE_EXHAUSTED: the message is larger than the limit.</exception>
    public MessageContent(IMessage message, int maxMessageBytes)
    {
        (_message, _size) = (message, Frames.Measure(message, maxMessageBytes));
        Headers.ContentType = GrpcContentType.Value;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        Frames.WriteAsync(stream, _message, _size, cancellationToken);

    protected override bool TryComputeLength(out long length)
    {
        length = Frames.PrefixBytes + _size;
        return true;
    }
}

/// <summary>A request body that stays open: frames go out as the caller writes them, until completed.</summary>
internal sealed class OpenContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public OpenContent() => Headers.ContentType = GrpcContentType.Value;

    /// <summary>The body stream, as soon as HTTP/2 has opened one.</summary>
    public Task<Stream> Opened => _opened.Task;

    public void Complete() => _completed.TrySetResult();

    /// <summary>Wakes writers that wait for a stream which will not come.</summary>
    public void Fail(Exception cause)
    {
        _opened.TrySetException(cause);
        _ = _opened.Task.Exception;
        _completed.TrySetResult();
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // Without this flush the request headers would wait for the first message.
        await stream.FlushAsync(cancellationToken);
        _opened.TrySetResult(stream);
        await _completed.Task.WaitAsync(cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }
}

internal static class GrpcContentType
{
    public static readonly MediaTypeHeaderValue Value = new("application/grpc");
}
