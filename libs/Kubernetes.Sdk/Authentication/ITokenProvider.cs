using System.Net.Http.Headers;

namespace k8s.Authentication;

/// <summary>Who the caller is, asked for each request.</summary>
public interface ITokenProvider
{
    Task<AuthenticationHeaderValue> GetAuthenticationHeaderAsync(CancellationToken cancellationToken);
}
