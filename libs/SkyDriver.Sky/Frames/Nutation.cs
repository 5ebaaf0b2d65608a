using SkyDriver.Sky.Numerics;

namespace SkyDriver.Sky;

/// <summary>Precession and nutation of the Earth's axis: from ICRS to the true equator and equinox of date.</summary>
/// <remarks>
/// Precession with frame bias: Fukushima-Williams angles of IAU 2006 (Hilton et al. 2006, Celest. Mech. 94, 351).
/// Nutation: the terms of IAU 2000B above 2 mas (McCarthy &amp; Luzum 2003, Celest. Mech. 85, 37).
/// </remarks>
internal readonly record struct Nutation
{
    private const int Columns = 11;

    /// <summary>
    /// A term a line: multiples of the arguments l, l', F, D, Ω; then in 0.1 µas longitude (sine, its change per century,
    /// cosine) and obliquity (cosine, its change per century, sine).
    /// </summary>
    private static ReadOnlySpan<int> Terms =>
    [
        0, 0, 0, 0, 1, -172064161, -174666, 33386, 92052331, 9086, 15377,
        0, 0, 2, -2, 2, -13170906, -1675, -13696, 5730336, -3015, -4587,
        0, 0, 2, 0, 2, -2276413, -234, 2796, 978459, -485, 1374,
        0, 0, 0, 0, 2, 2074554, 207, -698, -897492, 470, -291,
        0, 1, 0, 0, 0, 1475877, -3633, 11817, 73871, -184, -1924,
        0, 1, 2, -2, 2, -516821, 1226, -524, 224386, -677, -174,
        1, 0, 0, 0, 0, 711159, 73, -872, -6750, 0, 358,
        0, 0, 2, 0, 1, -387298, -367, 380, 200728, 18, 318,
        1, 0, 2, 0, 2, -301461, -36, 816, 129025, -63, 367,
        0, -1, 2, -2, 2, 215829, -494, 111, -95929, 299, 132,
        0, 0, 2, -2, 1, 128227, 137, 181, -68982, -9, 39,
        -1, 0, 2, 0, 2, 123457, 11, 19, -53311, 32, -4,
        -1, 0, 0, 2, 0, 156994, 10, -168, -1235, 0, 82,
        1, 0, 0, 0, 1, 63110, 63, 27, -33228, 0, -9,
        -1, 0, 0, 0, 1, -57976, -63, -189, 31429, 0, -75,
        -1, 0, 2, 2, 2, -59641, -11, 149, 25543, -11, 66,
        1, 0, 2, 0, 1, -51613, -42, 129, 26366, 0, 78,
        -2, 0, 2, 0, 1, 45893, 50, 31, -24236, -10, 20,
        0, 0, 0, 2, 0, 63384, 11, -150, -1220, 0, 29,
        0, 0, 2, 2, 2, -38571, -1, 158, 16452, -11, 68,
        -2, 0, 0, 2, 0, -47722, 0, -18, 477, 0, -25,
        2, 0, 2, 0, 2, -31046, -1, 131, 13238, -11, 59,
        1, 0, 2, -2, 2, 28593, 0, -1, -12338, 10, -3,
        -1, 0, 2, 0, 1, 20441, 21, 10, -10758, 0, -3,
        2, 0, 0, 0, 0, 29243, 0, -74, -609, 0, 13,
        0, 0, 2, 0, 0, 25887, 0, -66, -550, 0, 11,
        0, 0, -2, 2, 0, 21783, 0, 13, -167, 0, 13,
    ];

    public Nutation(double mjd)
    {
        double t = Epoch.Centuries(mjd);
        Span<double> arguments =
        [
            Angles.Arcsecond * ((485868.249036 + 1717915923.2178 * t) % 1296000),
            Angles.Arcsecond * ((1287104.79305 + 129596581.0481 * t) % 1296000),
            Angles.Arcsecond * ((335779.526232 + 1739527262.8478 * t) % 1296000),
            Angles.Arcsecond * ((1072260.70369 + 1602961601.2090 * t) % 1296000),
            Angles.Arcsecond * ((450160.398036 - 6962890.5431 * t) % 1296000),
        ];
        Node = arguments[4];
        MeanObliquity = Polynomial(t, 84381.406, -46.836769, -0.0001831, 0.00200340, -0.000000576, -0.0000000434);
        for (int row = 0; row < Terms.Length; row += Columns)
        {
            var term = Terms.Slice(row, Columns);
            double angle = 0;
            for (int i = 0; i < 5; i++) angle += term[i] * arguments[i];
            var (sin, cos) = Elementary.SinCos(angle);
            Longitude += 1e-7 * Angles.Arcsecond * ((term[5] + term[6] * t) * sin + term[7] * cos);
            Obliquity += 1e-7 * Angles.Arcsecond * ((term[8] + term[9] * t) * cos + term[10] * sin);
        }
    }

    /// <summary>Mean longitude of the Moon's ascending node, radians.</summary>
    public double Node { get; }

    /// <summary>Mean obliquity of the ecliptic of date, radians.</summary>
    public double MeanObliquity { get; }

    /// <summary>Nutation in longitude, radians.</summary>
    public double Longitude { get; }

    /// <summary>Nutation in obliquity, radians.</summary>
    public double Obliquity { get; }

    /// <summary>From ICRS to the true equator and equinox of date.</summary>
    public Rotation ToTrueOfDate(double mjd)
    {
        double t = Epoch.Centuries(mjd);
        double gamma = Polynomial(t, -0.052928, 10.556378, 0.4932044, -0.00031238, -0.000002788, 0.0000000260);
        double phi = Polynomial(t, 84381.412819, -46.811016, 0.0511268, 0.00053289, -0.000000440, -0.0000000176);
        double psi = Polynomial(t, -0.041775, 5038.481484, 1.5584175, -0.00018522, -0.000026452, -0.0000000148);
        return Rotation.AboutZ(gamma)
            .Then(Rotation.AboutX(phi))
            .Then(Rotation.AboutZ(-(psi + Longitude)))
            .Then(Rotation.AboutX(-(MeanObliquity + Obliquity)));
    }

    /// <summary>A polynomial in centuries with coefficients in arcseconds; radians.</summary>
    private static double Polynomial(double t, double c0, double c1, double c2, double c3, double c4, double c5) =>
        Angles.Arcsecond * (c0 + (c1 + (c2 + (c3 + (c4 + c5 * t) * t) * t) * t) * t);
}
