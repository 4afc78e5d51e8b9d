/** A Deployment whose two pods answer, stop at once when told to, and have a shell and a tar. */
export const web = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: { app: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: busybox:1.36
        command: ["sh", "-c", "mkdir -p /www; echo hello > /www/index.html; echo started; exec httpd -f -p 8080 -h /www"]
        ports: [{ containerPort: 8080, name: http }]
        readinessProbe: { httpGet: { path: /, port: http }, periodSeconds: 1 }
`;

export const settings = `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  colour: green
`;

export const service = `apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: { app: web }
  ports: [{ port: 80, targetPort: http }]
`;
