using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using SkyDriver.Grpc.Wire;

namespace SkyDriver.Grpc.Client;

/// <summary>Reads messages and the final status out of an HTTP/2 response.</summary>
internal static class GrpcResponse
{
    /// <summary>The one message of a unary answer.</summary>
    /// <exception cref="RpcException">The call ended with another status than OK, or without exactly one message.</exception>
    public static async Task<T> ReadOneAsync<T>(
        HttpResponseMessage response, MessageParser<T> parser, int maxMessageBytes, CancellationToken ct)
        where T : class, IMessage<T>
    {
        RequireGrpc(response);
        using var reader = new FrameReader(await response.Content.ReadAsStreamAsync(ct), maxMessageBytes);
        var answer = await reader.ReadAsync(parser, ct);
        // The trailers are there only once the body is drained.
        if (answer is not null && await reader.ReadAsync(parser, ct) is not null)
        {
            throw new RpcException(new Status(StatusCode.Internal, "The server answered more than one message."));
        }

        RequireOk(response.TrailingHeaders);
        return answer ?? throw new RpcException(new Status(StatusCode.Internal, "The server answered OK but no message."));
    }

    /// <exception cref="RpcException">The call ended with another status than OK, at once or after some messages.</exception>
    public static async IAsyncEnumerable<T> ReadAllAsync<T>(
        HttpResponseMessage response, MessageParser<T> parser, int maxMessageBytes, [EnumeratorCancellation] CancellationToken ct)
        where T : class, IMessage<T>
    {
        RequireGrpc(response);
        using var reader = new FrameReader(await response.Content.ReadAsStreamAsync(ct), maxMessageBytes);
        while (await reader.ReadAsync(parser, ct) is { } message) yield return message;
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
        throw new RpcException(new Status(code, message)).With(StatusText.DecodeDetails(Value(headers, StatusText.DetailsHeader)));
    }

    private static string? Value(HttpHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
