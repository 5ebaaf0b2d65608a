namespace SkyDriver.Api.Images;

/// <summary>The scanner images that workers can run.</summary>
internal interface IImageCatalog
{
    /// <summary>Finds the image that a tag means.</summary>
    /// <param name="tag">As submitted: <c>3.1.4</c>, <c>v3.1</c>, <c>latest</c>, or the tag of a branch.</param>
    /// <returns>The full tag, or null when there is no such image.</returns>
    string? Resolve(string tag);

    /// <summary>Set when <paramref name="resolved"/> is a release too old to be used; says from which on they are taken.</summary>
    string? WhyNot(string resolved);
}
