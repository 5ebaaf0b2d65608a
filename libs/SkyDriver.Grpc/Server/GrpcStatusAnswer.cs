using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using SkyDriver.Grpc.Wire;

namespace SkyDriver.Grpc;

/// <summary>Answers a call with a status alone; for middleware that refuses calls before a handler sees them.</summary>
public static class GrpcStatusAnswer
{
    /// <summary>True for a request with a gRPC content type over HTTP/2.</summary>
    public static bool IsGrpc(HttpContext context) =>
        HttpProtocol.IsHttp2(context.Request.Protocol)
        && context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Ends a call that has not begun to answer: HTTP 200 and the status in the header block.</summary>
    public static Task WriteAsync(HttpContext context, Status status) => EndAsync(context, status, null);

    /// <summary>Status in the headers when nothing was sent yet ("trailers-only"), else in the trailers.</summary>
    internal static async Task EndAsync(HttpContext context, Status status, Protos.Rpc.Status? rich)
    {
        var response = context.Response;
        bool trailers = response.HasStarted || status.StatusCode == StatusCode.OK;
        if (!response.HasStarted)
        {
            response.StatusCode = StatusCodes.Status200OK;
            response.ContentType = "application/grpc";
        }

        Add(StatusText.StatusHeader, ((int)status.StatusCode).ToString(CultureInfo.InvariantCulture));
        if (status.Detail.Length > 0) Add(StatusText.MessageHeader, StatusText.Encode(status.Detail));
        if (StatusText.EncodeDetails(rich) is { } details) Add(StatusText.DetailsHeader, details);
        await response.CompleteAsync();

        void Add(string name, string value)
        {
            if (trailers) response.AppendTrailer(name, value);
            else response.Headers[name] = value;
        }
    }
}
