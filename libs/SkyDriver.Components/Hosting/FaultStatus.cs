using System.Globalization;
using Grpc.Core;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Rpc;
using Status = Grpc.Core.Status;

namespace SkyDriver.Components.Hosting;

/// <summary>The form in which faults travel to a sidecar.</summary>
internal static class FaultStatus
{
    public static RpcException ToRpc(ComponentException fault) => fault switch
    {
        ETagMismatchException or InvalidETagException => RichErrors.EtagViolation(Code(fault.Fault), fault.Message),
        BulkDeleteMismatchException rows => RichErrors.Create(Code(fault.Fault), fault.Message, Info("BULK_DELETE_ROW_MISMATCH", new()
        {
            ["expected"] = Text(rows.Expected),
            ["affected"] = Text(rows.Affected),
        })),
        DaprErrorException dictated => RichErrors.Create(Code(fault.Fault), fault.Message, Info(dictated.ErrorCode, new()
        {
            ["kit_error"] = "true",
            ["http_code"] = Text(dictated.HttpStatus),
            ["tag"] = dictated.ErrorCode,
        })),
        _ => new RpcException(new Status(Code(fault.Fault), fault.Message)),
    };

    private static ErrorInfo Info(string reason, Dictionary<string, string> metadata) => new() { Reason = reason, Domain = "dapr.io", Metadata = { metadata } };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static StatusCode Code(ComponentFault fault) => fault switch
    {
        ComponentFault.InvalidRequest => StatusCode.InvalidArgument,
        ComponentFault.NotFound => StatusCode.NotFound,
        ComponentFault.AlreadyExists => StatusCode.AlreadyExists,
        ComponentFault.FailedPrecondition => StatusCode.FailedPrecondition,
        ComponentFault.PermissionDenied => StatusCode.PermissionDenied,
        ComponentFault.ResourceExhausted => StatusCode.ResourceExhausted,
        ComponentFault.Unavailable => StatusCode.Unavailable,
        ComponentFault.NotSupported => StatusCode.Unimplemented,
        _ => StatusCode.Internal,
    };
}
