using Grpc.Core;

namespace SkyDriver.Sidecar.Hosting;

/// <summary>A refusal of the Dapr API: one error code with its HTTP and its gRPC status. Handlers of either side throw it.</summary>
internal sealed class DaprFault(string errorCode, int httpStatus, StatusCode grpcStatus, string message)
    : RpcException(new Status(grpcStatus, message), message)
{
    /// <summary>As in the body of an HTTP answer: <c>ERR_…</c>.</summary>
    public string ErrorCode { get; } = errorCode;

    public int HttpStatus { get; } = httpStatus;
}
