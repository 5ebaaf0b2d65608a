using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SkyDriver.Grpc.Protos.Rpc;
using SkyDriver.Grpc.Wire;
using Status = Grpc.Core.Status;

namespace SkyDriver.Grpc;

/// <summary>Errors that carry typed details, as Dapr and its pluggable components send them.</summary>
internal static class RichErrors
{
    extension(RpcException exception)
    {
        /// <summary>
        /// The rich error of the trailer <c>grpc-status-details-bin</c>, or null. Kept in the exception's data, so that
        /// the exception is of the plain type that callers know.
        /// </summary>
        public Protos.Rpc.Status? RichStatus => exception.Data[StatusText.DetailsHeader] as Protos.Rpc.Status;

        /// <summary>Adds a rich error; null adds none.</summary>
        public RpcException With(Protos.Rpc.Status? rich)
        {
            if (rich is not null) exception.Data[StatusText.DetailsHeader] = rich;
            return exception;
        }
    }

    /// <summary>An exception whose details reach the other side in <c>grpc-status-details-bin</c>.</summary>
    public static RpcException Create(StatusCode code, string message, params ReadOnlySpan<IMessage> details)
    {
        var rich = new Protos.Rpc.Status { Code = (int)code, Message = message };
        foreach (var detail in details) rich.Details.Add(Any.Pack(detail));
        return new RpcException(new Status(code, message)).With(rich);
    }

    /// <summary>The first detail of the given type, or null.</summary>
    public static T? Detail<T>(this RpcException exception) where T : class, IMessage, new()
    {
        var descriptor = new T().Descriptor;
        var any = exception.RichStatus?.Details.FirstOrDefault(d => d.Is(descriptor));
        return any is null ? null : (T)descriptor.Parser.ParseFrom(any.Value);
    }

    /// <summary>The etag error of a pluggable state store: mismatch is FAILED_PRECONDITION, malformed INVALID_ARGUMENT.</summary>
    public static RpcException EtagViolation(StatusCode code, string message)
    {
        var bad = new BadRequest();
        bad.FieldViolations.Add(new BadRequest.Types.FieldViolation { Field = "etag", Description = message });
        return Create(code, message, bad);
    }
}
