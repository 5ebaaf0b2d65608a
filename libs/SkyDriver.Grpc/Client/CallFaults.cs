using Grpc.Core;

namespace SkyDriver.Grpc.Client;

/// <summary>Turns what the transport throws into the status a gRPC caller expects.</summary>
internal static class CallFaults
{
    private const long Http2Cancel = 8;

    /// <summary>True for the exceptions of HTTP/2 itself; programming errors pass through untouched.</summary>
    public static bool IsTransport(Exception e) =>
        e is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException;

    /// <summary>The exception to throw instead. The caller's own cancellation stays an <see cref="OperationCanceledException"/>.</summary>
    /// <param name="givenUp">This side has closed the call, or its connection.</param>
    public static Exception Translate(Exception e, string address, bool deadlinePassed, bool givenUp, CancellationToken caller)
    {
        if (caller.IsCancellationRequested) return new OperationCanceledException("The call was cancelled.", e, caller);
        if (deadlinePassed) return Fault(StatusCode.DeadlineExceeded, "The deadline of the call passed.", e);
        // The transport also cancels by itself: when a connection takes too long to open, or breaks under an open request.
        if (givenUp || e is ObjectDisposedException) return Fault(StatusCode.Cancelled, "The call was given up.", e);
        if (ResetCode(e) == Http2Cancel) return Fault(StatusCode.Cancelled, "The server reset the stream.", e);
        return Fault(StatusCode.Unavailable, $"{address} is not reachable: {Innermost(e).Message}", e);
    }

    private static long? ResetCode(Exception e)
    {
        for (Exception? at = e; at is not null; at = at.InnerException)
        {
            if (at is HttpProtocolException protocol) return protocol.ErrorCode;
        }

        return null;
    }

    private static Exception Innermost(Exception e) => e.InnerException is null ? e : Innermost(e.InnerException);

    private static RpcException Fault(StatusCode code, string detail, Exception cause) => new(new Status(code, detail, cause));
}
