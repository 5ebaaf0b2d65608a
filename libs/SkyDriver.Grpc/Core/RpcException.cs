namespace Grpc.Core;

/// <summary>A gRPC call that ended with another status than OK. Servers throw it to choose the status they answer.</summary>
public class RpcException : Exception
{
    public RpcException(Status status) : this(status, status.ToString())
    {
    }

    public RpcException(Status status, string message) : base(message, status.DebugException) => Status = status;

    public Status Status { get; }

    public StatusCode StatusCode => Status.StatusCode;
}
