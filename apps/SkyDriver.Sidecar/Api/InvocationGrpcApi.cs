using System.Globalization;
using System.Net.Http.Headers;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Primitives;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Common;
using SkyDriver.Grpc.Protos.Rpc;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Sidecar.Hosting;
using GrpcStatus = Grpc.Core.Status;

namespace SkyDriver.Sidecar.Api;

/// <summary>Calls from one app to another by app id over gRPC; the app called speaks HTTP.</summary>
internal static class InvocationGrpcApi
{
    private const string StatusHeader = "dapr-http-status";

    /// <summary>Values in the details of an error are short by their definition.</summary>
    private const int MostQuoted = 63;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGrpcUnary($"/{DaprApi.GrpcService}/InvokeService", InvokeServiceRequest.Parser, (request, call) => InvokeAsync(request, call.HttpContext, call.Cancelled));

    private static async Task<InvokeResponse> InvokeAsync(InvokeServiceRequest request, HttpContext context, CancellationToken ct)
    {
        if (request.Id.Length == 0) throw DaprErrors.InvokeNoAppId();
        if (request.Message is not { } message) throw new RpcException(new GrpcStatus(StatusCode.InvalidArgument, "message is missing from the request"));
        InstanceSidecar sidecar = context.Sidecar();
        using HttpResponseMessage response = await new Invocation(sidecar, request.Id).SendAsync(() => Build(message, context.Request.Headers), () => true, ct);
        byte[] body = await ReadAsync(response, request.Id, sidecar.Settings.MaxBodySize, ct);
        context.Response.Headers[StatusHeader] = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
        if ((int)response.StatusCode is < 200 or >= 300) throw Refused((int)response.StatusCode, response.ReasonPhrase, body);
        return new InvokeResponse { Data = new Any { Value = UnsafeByteOperations.UnsafeWrap(body) }, ContentType = response.Content.Headers.ContentType?.ToString() ?? "" };
    }

    private static HttpRequestMessage Build(InvokeRequest message, IHeaderDictionary metadata)
    {
        string query = message.HttpExtension?.Querystring is { Length: > 0 } text ? "?" + text : "";
        string verb = message.HttpExtension?.Verb is { } given && given != HttpExtension.Types.Verb.None ? given.ToString().ToUpperInvariant() : "POST";
        HttpRequestMessage request = new(new HttpMethod(verb), new Uri($"/{message.Method.TrimStart('/')}{query}", UriKind.Relative));
        foreach ((string name, StringValues values) in metadata)
        {
            if (IsForApp(name)) request.Headers.TryAddWithoutValidation(name, values.ToArray());
        }

        if (message.Data is { Value.Length: > 0 })
        {
            request.Content = new ReadOnlyMemoryContent(message.Data.Value.Memory);
            string type = message.ContentType.Length > 0 ? message.ContentType : "application/json";
            if (MediaTypeHeaderValue.TryParse(type, out MediaTypeHeaderValue? parsed)) request.Content.Headers.ContentType = parsed;
        }

        return request;
    }

    private static bool IsForApp(string name) =>
        !name.StartsWith(':') && !name.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase) && !name.StartsWith("dapr-", StringComparison.OrdinalIgnoreCase)
        && !name.EndsWith("-bin", StringComparison.OrdinalIgnoreCase)
        && name.ToLowerInvariant() is not ("content-type" or "content-length" or "te" or "user-agent" or "host" or "connection" or "transfer-encoding" or "upgrade");

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, string appId, long most, CancellationToken ct)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(most, ct);
            return await response.Content.ReadAsByteArrayAsync(ct);
        }
        catch (HttpRequestException fault) when (fault.HttpRequestError is HttpRequestError.ConfigurationLimitExceeded)
        {
            throw new RpcException(new GrpcStatus(StatusCode.ResourceExhausted, $"the answer of {appId} is larger than {most} bytes (--max-body-size)"));
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            throw DaprErrors.InvokeUnreachable(appId, fault.Message);
        }
    }

    /// <summary>The app's status as one of gRPC, with its own in the details, where SDKs look for it.</summary>
    private static RpcException Refused(int status, string? reason, byte[] body)
    {
        (StatusCode code, string message) = (Code(status), reason is { Length: > 0 } ? reason : status.ToString(CultureInfo.InvariantCulture));
        ErrorInfo info = new() { Reason = message, Domain = "dapr.io" };
        info.Metadata["http.code"] = status.ToString(CultureInfo.InvariantCulture);
        info.Metadata["http.error_message"] = System.Text.Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, MostQuoted)));
        return RichErrors.Create(code, message, info);
    }

    private static StatusCode Code(int status) => status switch
    {
        400 => StatusCode.Internal,
        401 => StatusCode.Unauthenticated,
        403 => StatusCode.PermissionDenied,
        404 => StatusCode.NotFound,
        408 => StatusCode.Cancelled,
        409 => StatusCode.AlreadyExists,
        429 => StatusCode.ResourceExhausted,
        501 => StatusCode.Unimplemented,
        503 => StatusCode.Unavailable,
        504 => StatusCode.DeadlineExceeded,
        _ => StatusCode.Unknown,
    };
}
