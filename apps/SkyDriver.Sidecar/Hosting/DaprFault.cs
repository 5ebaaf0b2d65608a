using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Rpc;
using Status = Grpc.Core.Status;

namespace SkyDriver.Sidecar.Hosting;

/// <summary>A refusal of the Dapr API: one error code with its HTTP and its gRPC status. Handlers of either side throw it.</summary>
internal sealed class DaprFault : RpcException
{
    /// <param name="details">Typed details, such as <see cref="Info"/>, for either side.</param>
    public DaprFault(string errorCode, int httpStatus, StatusCode grpcStatus, string message, params ReadOnlySpan<IMessage> details)
        : base(new Status(grpcStatus, message), message)
    {
        (ErrorCode, HttpStatus) = (errorCode, httpStatus);
        if (details.IsEmpty) return;
        SkyDriver.Grpc.Protos.Rpc.Status rich = new() { Code = (int)grpcStatus, Message = message };
        foreach (IMessage detail in details) rich.Details.Add(Any.Pack(detail));
        this.With(rich);
    }

    /// <summary>As in the body of an HTTP answer: <c>ERR_…</c>.</summary>
    public string ErrorCode { get; }

    public int HttpStatus { get; }

    public IReadOnlyList<Any> Details => this.RichStatus?.Details ?? [];

    /// <summary>The detail by which clients tell refusals apart: <c>DAPR_…</c>.</summary>
    public static ErrorInfo Info(string reason, params ReadOnlySpan<(string Name, string Value)> metadata)
    {
        ErrorInfo info = new() { Reason = reason, Domain = "dapr.io" };
        foreach ((string name, string value) in metadata) info.Metadata[name] = value;
        return info;
    }
}
