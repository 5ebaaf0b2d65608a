using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using SkyDriver.Grpc.Wire;

namespace SkyDriver.Grpc.Client;

/// <summary>Reads messages and the final status out of an HTTP/2 response.</summary>
internal static class GrpcResponse
{
    /// <exception cref="RpcException">The call ended with another status than OK, at once or after some messages.</exception>
    public static async IAsyncEnumerable<T> ReadAllAsync<T>(
        HttpResponseMessage response, MessageParser<T> parser, int maxMessageBytes, [EnumeratorCancellation] CancellationToken ct)
        where T : class, IMessage<T>
    {
        RequireGrpc(response);
        var body = await response.Content.ReadAsStreamAsync(ct);
        while (await Frames.ReadAsync(body, parser, maxMessageBytes, ct) is { } message) yield return message;
        RequireOk(response.TrailingHeaders);
    }

    /// <summary>Refuses what is no gRPC answer, and answers whose status is already in the header block.</summary>
    private static void RequireGrpc(HttpResponseMessage response)
    {
        if (response.Headers.Contains(StatusText.StatusHeader))
        {
            RequireOk(response.Headers);
            return;
        }

        int http = (int)response.StatusCode;
        if (http != 200) throw new RpcException(new Status(StatusText.FromHttp(http), $"The server answered HTTP {http} instead of a gRPC response."));
        string type = response.Content.Headers.ContentType?.MediaType ?? "";
        if (!type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase))
        {
            throw new RpcException(new Status(StatusCode.Unknown, $"The server answered content type '{type}' instead of application/grpc."));
        }
    }

    private static void RequireOk(HttpHeaders headers)
    {
        string? text = Value(headers, StatusText.StatusHeader);
        string message = StatusText.Decode(Value(headers, StatusText.MessageHeader) ?? "");
        if (text is null) throw new RpcException(new Status(StatusCode.Unknown, "The response ended without a grpc-status."));
        var code = int.TryParse(text, out int number) && Enum.IsDefined((StatusCode)number) ? (StatusCode)number : StatusCode.Unknown;
        if (code == StatusCode.OK) return;
        throw new RpcException(new Status(code, message))
        {
            RichStatus = StatusText.DecodeDetails(Value(headers, StatusText.DetailsHeader)),
        };
    }

    private static string? Value(HttpHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
