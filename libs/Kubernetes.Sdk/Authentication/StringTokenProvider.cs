using System.Net.Http.Headers;

namespace k8s.Authentication;

/// <summary>A token that stays.</summary>
public class StringTokenProvider : ITokenProvider
{
    private readonly AuthenticationHeaderValue _header;

    public StringTokenProvider(string token)
        : this(token, "Bearer")
    {
    }

    public StringTokenProvider(string token, string tokenType)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(token);
        ArgumentException.ThrowIfNullOrWhiteSpace(tokenType);
        _header = new(tokenType, token);
    }

    public Task<AuthenticationHeaderValue> GetAuthenticationHeaderAsync(CancellationToken cancellationToken) => Task.FromResult(_header);
}
