namespace Grpc.Core;

/// <summary>A gRPC call that ended with another status than OK. Servers throw it to choose the status they answer.</summary>
public class RpcException : Exception
{
    public RpcException(Status status) : this(status, status.ToString())
    {
    }

    public RpcException(Status status, string message) : base(message) => Status = status;

    internal RpcException(Status status, Exception? cause) : base(status.ToString(), cause) => Status = status;

    public Status Status { get; }

    public StatusCode StatusCode => Status.StatusCode;

    /// <summary>The rich error of the trailer <c>grpc-status-details-bin</c>, if there is one.</summary>
    internal SkyDriver.Grpc.Protos.Rpc.Status? RichStatus { get; init; }
}
