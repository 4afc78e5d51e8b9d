/** The API level that every part follows, and says so. */
export const kubernetesVersion = 'v1.36.0';
