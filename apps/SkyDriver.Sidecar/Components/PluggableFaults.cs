using System.Globalization;
using Grpc.Core;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Rpc;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Components;

/// <summary>What the faults of a pluggable component mean for the caller of the API.</summary>
internal static class PluggableFaults
{
    /// <summary>A fault with no meaning of its own in Dapr: its text, or the status and error code that the component dictates.</summary>
    public static Exception Translate(RpcException fault) => Dictated(fault) ?? (Exception)new InvalidOperationException(fault.Status.Detail, fault);

    /// <summary>As <see cref="Translate"/>, and the two faults of ETags.</summary>
    /// <param name="key">What the change was for, as the app may know it.</param>
    public static Exception TranslateState(RpcException fault, string key, string? etag)
    {
        bool aboutEtag = fault.Detail<BadRequest>() is { FieldViolations: [{ Field: "etag" }] };
        return (aboutEtag, fault.StatusCode) switch
        {
            (true, StatusCode.FailedPrecondition) => new ETagMismatchException(key),
            (true, StatusCode.InvalidArgument) => new ETagMalformedException(key, etag ?? ""),
            _ => Translate(fault),
        };
    }

    private static DaprFault? Dictated(RpcException fault)
    {
        if (fault.Detail<ErrorInfo>()?.Metadata is not { } told || told.GetValueOrDefault("kit_error") is not "true") return null;
        bool valid = int.TryParse(told.GetValueOrDefault("http_code"), NumberStyles.None, CultureInfo.InvariantCulture, out int status) && status is >= 400 and <= 599;
        return new DaprFault(told.GetValueOrDefault("tag") is { Length: > 0 } tag ? tag : "ERROR", valid ? status : 500, fault.StatusCode, fault.Status.Detail);
    }
}
